import { Gauge, type Registry } from 'prom-client';

export interface PoolUse {
  /** `api_control`, `worker_control`, or `target/{environment}`. */
  database: string;
  used: number;
  idle: number;
  /** Asked for and not got yet. */
  waiting: number;
  max: number;
}

/** The pools that a part of the process has at this moment. */
export type ReadPools = () => PoolUse[];

/** How full the pools of database connections are, read when somebody asks for the metrics. */
export function measurePools(registry: Registry, readers: readonly ReadPools[]): void {
  new Gauge({
    name: 'copydock_database_connections',
    help: 'Connections of this process, by database and state; waiting: asked for and not got yet.',
    labelNames: ['database', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { database, ...use } of readers.flatMap((read) => read())) {
        for (const [state, connections] of Object.entries(use)) this.set({ database, state }, connections);
      }
    },
  });
}

/** The memory for parts in flight: bytes lent out, and how many parts wait for some. */
export function measureBuffers(
  registry: Registry,
  readUse: () => { lentBytes: number; totalBytes: number; waiting: number },
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `copydock_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('buffer_bytes', 'Memory for parts that is in use.', () => readUse().lentBytes);
  gauge('buffer_bytes_max', 'Memory for parts that may be used.', () => readUse().totalBytes);
  gauge(
    'buffer_waiting',
    'Parts that wait for memory: the database is slower than S3.',
    () => readUse().waiting,
  );
}
