import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { serviceVariable } from '../../services/service-variables.js';
import type { AgentReport, Arming, Order, PublishedStep } from './step-messages.js';

const PROJECT_DIR = join(import.meta.dirname, '../../..');
const AGENT = join(import.meta.dirname, 'step-agent.js');
const REPORT_FD = 3;
const POLL_MS = 10;
/** Programs start slowly on a busy machine. */
const PATIENCE_MS = 120_000;

export interface ServiceProcessOptions {
  command: 'worker' | 'api' | 'serve';
  env: Record<string, string>;
  /** Faults that are armed before the process works on anything. */
  armings?: Omit<Arming, 'id'>[];
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A real `copydock worker` or `copydock api`, which tells its steps and can be broken at each of them. */
export class ServiceProcess {
  /** Steps in the order in which they were reported. */
  readonly steps: PublishedStep[] = [];
  /** Lines of its log. */
  readonly log: string[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #fifo: { path: string; fd: number; folder: string };
  readonly #fired = new Map<number, PublishedStep>();
  readonly #acknowledged = new Set<number>();
  #nextId: number;
  #exit: Exit | null = null;

  /** Resolves once the program says that it takes loads or requests. */
  static async start(options: ServiceProcessOptions): Promise<ServiceProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'copydock-agent-'));
    const path = join(folder, 'resume');
    await promisify(execFile)('mkfifo', [path]);
    // Open for reading, too: so that neither end ever waits for the other.
    const started = new ServiceProcess(options, { path, fd: openSync(path, 'r+'), folder });
    try {
      await started.waitForLog(/"(worker started|listening)"/);
      return started;
    } catch (error) {
      await started.destroy();
      throw error;
    }
  }

  private constructor(options: ServiceProcessOptions, fifo: { path: string; fd: number; folder: string }) {
    const armings = (options.armings ?? []).map((arming, id) => ({ ...arming, id }));
    this.#nextId = armings.length;
    this.#fifo = fifo;
    this.#child = spawn(
      process.execPath,
      ['--import', AGENT, serviceVariable('TEST_PROGRAM'), options.command],
      {
        cwd: PROJECT_DIR,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
        env: {
          ...process.env,
          ...options.env,
          STEP_AGENT_ARMINGS: JSON.stringify(armings),
          STEP_AGENT_FIFO: fifo.path,
        },
      },
    );
    this.#child.on('error', () => {});
    this.exited = once(this.#child, 'exit').then(([code, signal]) => this.#onExit({ code, signal }));
    const [, out, err] = this.#child.stdio;
    for (const stream of [out, err]) {
      if (stream) createInterface(stream as Readable).on('line', (line) => this.log.push(line));
    }
    createInterface(this.#child.stdio[REPORT_FD] as Readable).on('line', (line) =>
      this.#onReport(JSON.parse(line)),
    );
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the process did not start');
    return pid;
  }

  get isRunning(): boolean {
    return this.#exit === null;
  }

  /** The URL that an API listens on. */
  get url(): string {
    const line = this.log.find((entry) => entry.includes('"listening"'));
    return (JSON.parse(line ?? '{}') as { url?: string }).url ?? '';
  }

  /** Resolves once the agent knows; the process must be running and not stand still. */
  async arm(arming: Omit<Arming, 'id'>): Promise<{ id: number; fired(): Promise<PublishedStep> }> {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#child.send({ arm: { ...arming, id } } satisfies Order);
    await this.#waitUntil(
      `an answer to arming ${arming.step}`,
      () => this.#acknowledged.has(id) || undefined,
    );
    return { id, fired: () => this.waitForArming(id) };
  }

  /** Armings that have not fired yet never will; the process learns of it when it next runs. */
  disarm(): void {
    if (this.isRunning) this.#child.send({ disarm: true } satisfies Order);
  }

  /** Waits until an arming fired: those given at the start have the ids 0, 1, ... */
  waitForArming(id: number): Promise<PublishedStep> {
    return this.#waitUntil(`arming ${id} to fire`, () => this.#fired.get(id), { evenAfterExit: true });
  }

  hasFired(id: number): boolean {
    return this.#fired.has(id);
  }

  /** The n-th report of a step since the start, of one load or of any. */
  waitForStep(step: string, { load, nth = 1 }: { load?: string; nth?: number } = {}): Promise<PublishedStep> {
    return this.#waitUntil(
      `step ${step} of ${load ?? 'a load'}`,
      () => this.steps.filter((entry) => entry.step === step && (load ?? entry.load) === entry.load)[nth - 1],
      { evenAfterExit: true },
    );
  }

  waitForLog(pattern: RegExp): Promise<string> {
    return this.#waitUntil(`${pattern} in the log`, () => this.log.find((line) => pattern.test(line)));
  }

  /** Lets a paused process go on. */
  resume(): void {
    writeSync(this.#fifo.fd, '.');
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it whatever it is doing. */
  async destroy(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #onExit(exit: Exit): Promise<Exit> {
    this.#exit = exit;
    closeSync(this.#fifo.fd);
    await rm(this.#fifo.folder, { recursive: true, force: true });
    return exit;
  }

  #onReport(report: AgentReport): void {
    if (report.type === 'armed') this.#acknowledged.add(report.id);
    else {
      const { step, load, part } = report;
      const published = { step, load, ...(part === undefined ? {} : { part }) };
      if (report.type === 'fired') this.#fired.set(report.id, published);
      else this.steps.push(published);
    }
  }

  async #waitUntil<T>(what: string, find: () => T | undefined, { evenAfterExit = false } = {}): Promise<T> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const isOver = this.#exit !== null && !evenAfterExit;
      if (isOver || Date.now() > giveUpAt) {
        const end = this.#exit === null ? 'it is running' : `it ended with ${JSON.stringify(this.#exit)}`;
        throw new Error(`no ${what}; ${end}; its log ends: ${this.log.slice(-5).join('\n')}`);
      }
      await sleep(POLL_MS);
    }
  }
}
