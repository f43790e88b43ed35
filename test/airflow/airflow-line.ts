import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { findFreePort } from '../../src/start/embedded/free-port.js';
import { waitUntil } from '../services/processes.js';
import { ensureAirflow, type LineName } from './install.js';
import { type ServerProcess, startServer } from './process.js';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 300_000;
/** What `airflow/dags` and `test/airflow/dags` make. */
const DAG_COUNT = 12;

export interface AirflowLine {
  name: LineName;
  home: string;
  /** One command of control.py. */
  ask<T>(command: Record<string, unknown>): Promise<T>;
  stop(): Promise<void>;
}

/** Airflow's own processes, on SQLite with the LocalExecutor, with the project's DAGs and those of the tests. */
export async function startAirflow(
  name: LineName,
  folder: string,
  copydockUrl: string,
): Promise<AirflowLine> {
  const bin = await ensureAirflow(name);
  const home = join(folder, `airflow-${name}`);
  await mkdir(join(home, 'dags'), { recursive: true });
  await cp(join(PROJECT_DIR, 'airflow/dags'), join(home, 'dags'), { recursive: true });
  await cp(join(import.meta.dirname, 'dags'), join(home, 'dags'), { recursive: true });
  const port = await findFreePort();
  const env = airflowEnvironment(name, bin, home, port, copydockUrl);
  execFileSync(join(bin, 'airflow'), ['db', 'migrate'], {
    env,
    cwd: home,
    stdio: ['ignore', 'ignore', 'ignore'],
  });

  const servers: ServerProcess[] = [];
  const start = (process: string, ...args: string[]) => {
    const command: [string, ...string[]] = [join(bin, 'airflow'), process, ...args];
    servers.push(startServer(process, command, { cwd: home, env, logFile: join(home, `${process}.log`) }));
  };
  if (name === '3') {
    start(
      'api-server',
      '--apps',
      'execution',
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
      '--workers',
      '1',
    );
    await waitUntil('The execution API', START_TIMEOUT_MS, () => isHealthy(port, servers));
    start('dag-processor');
  }
  start('scheduler');
  start('triggerer');
  const control = await startControl(bin, env, home);
  await waitUntil('All DAGs', START_TIMEOUT_MS, async () => {
    await checkRunning(servers);
    return (await control.ask<string[]>({ do: 'list_dags' })).length === DAG_COUNT;
  });
  return {
    name,
    home,
    ask: control.ask,
    stop: async () => {
      control.stop();
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

export function airflowEnvironment(
  name: LineName,
  bin: string,
  home: string,
  port: number,
  copydockUrl: string,
): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(AIRFLOW|AWS_|PYTHON)/.test(key))),
    PATH: `${bin}:${process.env.PATH}`,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: join(home, 'dags'),
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__EXECUTOR: 'LocalExecutor',
    AIRFLOW__CORE__PARALLELISM: '8',
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: 'False',
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(home, 'airflow.db')}`,
    AIRFLOW__LOGGING__BASE_LOG_FOLDER: join(home, 'logs'),
    AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC: '1',
    AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL: '600',
    AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: '600',
    AIRFLOW__SCHEDULER__PARSING_PROCESSES: '1',
    AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: '1',
    // SQLite has no row locks: the end of a task and the scheduler would both start the next one.
    AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION: 'False',
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    AIRFLOW_CONN_COPYDOCK: copydockUrl,
    NO_PROXY: '127.0.0.1,localhost',
    ...(name === '2'
      ? { _AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK: '1' }
      : {
          AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `http://127.0.0.1:${port}/execution/`,
          AIRFLOW__API_AUTH__JWT_SECRET: randomBytes(32).toString('hex'),
        }),
  };
}

async function isHealthy(port: number, servers: ServerProcess[]): Promise<boolean> {
  await checkRunning(servers);
  const answer = await fetch(`http://127.0.0.1:${port}/execution/health`).catch(() => null);
  return answer?.ok === true;
}

async function checkRunning(servers: ServerProcess[]): Promise<void> {
  for (const server of servers) {
    if (!server.isRunning()) throw new Error(`Airflow's ${server.name} ended: ${await server.tail()}`);
  }
}

async function startControl(bin: string, env: NodeJS.ProcessEnv, home: string) {
  const child: ChildProcessWithoutNullStreams = spawn(
    join(bin, 'python'),
    [join(import.meta.dirname, 'control.py')],
    { cwd: home, env },
  );
  const notes: string[] = [];
  child.stderr.on('data', (data: Buffer) => notes.push(data.toString()));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    for (;;) {
      const { value, done } = await answers.next();
      if (done) throw new Error(`control.py ended: ${notes.join('').slice(-2_000)}`);
      if (value.startsWith('{')) return JSON.parse(value);
    }
  };
  await next();
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T>(command: Record<string, unknown>): Promise<T> => {
    const answer = last.then(async () => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { result, error } = await next();
      if (error !== undefined) throw new Error(`${command.do}: ${error}`);
      return (result ?? null) as T;
    });
    last = answer.catch(() => {});
    return answer;
  };
  return { ask, stop: () => child.kill('SIGTERM') };
}
