import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Fault } from '../faults/harness/fault.js';
import type { S3Rule } from '../faults/harness/s3-proxy.js';
import { APPLYING_COMMIT, type StatementRule } from '../faults/harness/statement-faults.js';
import type { World } from '../faults/harness/world.js';
import type { Fleet, Slot } from './fleet.js';
import type { FaultKind, PlannedFault } from './plan-faults.js';

/** How long a worker stands still that is to lose its lease. */
const PAST_LEASE_MS = 3_000;
const RESTART_GAP_MS = 500;
const POLL_MS = 50;

/** Does the planned faults, and counts those that had an effect. */
export class FaultInjector {
  readonly fired = new Map<FaultKind, number>();
  readonly #world: World;
  readonly #fleet: Fleet;
  readonly #leaseMs: number;
  readonly #isCalm: AbortSignal;
  /** Faults that wait for something to meet; asked at the end whether they did. */
  readonly #armed: { kind: FaultKind; fault: Fault }[] = [];
  /** One restart of a server at a time. */
  #restarting: Promise<void> = Promise.resolve();

  constructor(world: World, fleet: Fleet, leaseMs: number, isCalm: AbortSignal) {
    this.#world = world;
    this.#fleet = fleet;
    this.#leaseMs = leaseMs;
    this.#isCalm = isCalm;
  }

  async inject(fault: PlannedFault): Promise<void> {
    const { kind } = fault;
    switch (kind) {
      case 'kill_worker':
        return this.#count(kind, victim(this.#fleet.workers, fault).kill());
      case 'kill_api':
        return this.#count(kind, victim(this.#fleet.apis, fault).kill());
      case 'terminate_worker':
        return this.#count(kind, victim(this.#fleet.workers, fault).terminate());
      case 'kill_worker_at_step':
      case 'stop_worker_at_step':
        return this.#breakAtStep(fault);
      case 'stop_worker':
        return this.#stopWorker(fault);
      case 'cut':
        return this.#count(kind, this.#world.proxies[fault.place].cut() > 0);
      case 'refuse':
      case 'delay':
      case 'black_hole':
        return this.#spoil(kind, fault);
      case 'wipe_queue':
        return this.#wipeQueue();
      case 'restart_redis':
      case 'restart_target':
      case 'restart_control':
        return this.#restart(kind, fault);
      default:
        return this.#armProxy(kind, fault);
    }
  }

  /** Armed faults count as often as they fired. */
  countArmed(): void {
    for (const { kind, fault } of this.#armed.splice(0)) this.#add(kind, fault.fired);
  }

  #count(kind: FaultKind, hasFired: boolean): void {
    this.#add(kind, hasFired ? 1 : 0);
  }

  #add(kind: FaultKind, times: number): void {
    if (times > 0) this.fired.set(kind, (this.fired.get(kind) ?? 0) + times);
  }

  /** Longer than its lease, or shorter, and then it goes on as if nothing had happened. */
  #stopMs({ isLong, durationMs }: PlannedFault): number {
    return isLong ? this.#leaseMs + PAST_LEASE_MS + durationMs : durationMs;
  }

  async #stopWorker(fault: PlannedFault): Promise<void> {
    const { process } = victim(this.#fleet.workers, fault);
    process?.kill('SIGSTOP');
    await this.#pause(this.#stopMs(fault));
    process?.kill('SIGCONT');
    this.#count('stop_worker', process !== null);
  }

  async #breakAtStep(fault: PlannedFault): Promise<void> {
    const { process } = victim(this.#fleet.workers, fault);
    if (process === null) return;
    const act = fault.kind === 'kill_worker_at_step' ? 'SIGKILL' : 'SIGSTOP';
    const { id } = await process.arm({ step: fault.step, act, nth: 1 + (fault.times % 3) });
    while (!process.hasFired(id)) {
      if (this.#isCalm.aborted || !process.isRunning) return;
      await sleep(POLL_MS);
    }
    this.#count(fault.kind, true);
    if (act === 'SIGSTOP') await this.#pause(this.#stopMs(fault));
    process.kill('SIGCONT');
  }

  async #spoil(kind: 'refuse' | 'delay' | 'black_hole', fault: PlannedFault): Promise<void> {
    const proxy = this.#world.proxies[fault.place];
    const before = proxy.fired[kind];
    if (kind === 'delay') proxy.delay(20 * fault.times);
    else if (kind === 'refuse') proxy.refuse();
    else proxy.blackHole();
    const isLong = kind === 'black_hole' && fault.isLong && fault.place !== 's3';
    await this.#pause(isLong ? this.#stopMs(fault) : fault.durationMs);
    proxy.heal(kind);
    this.#count(kind, proxy.fired[kind] > before);
  }

  #armProxy(kind: FaultKind, fault: PlannedFault): void | Promise<void> {
    const { proxies } = this.#world;
    const statement = STATEMENT_FAULTS[kind];
    const request = S3_FAULTS[kind];
    if (request !== undefined) {
      this.#armed.push({ kind, fault: proxies.s3Requests.at({ ...request, times: fault.times }) });
    }
    if (statement === undefined) return;
    const proxy = kind === 'lose_control_answer' ? proxies.control : proxies.target;
    const armed = proxy.atStatement(statement);
    this.#armed.push({ kind, fault: armed });
    if (kind === 'hold_commit') return this.#releaseLater(armed, this.#stopMs(fault));
  }

  async #releaseLater(fault: Fault, afterMs: number): Promise<void> {
    while (fault.fired === 0 && !this.#isCalm.aborted) await sleep(POLL_MS);
    await this.#pause(afterMs);
    fault.release();
  }

  async #wipeQueue(): Promise<void> {
    const { backend, servers } = this.#world;
    try {
      if (backend === 'redis') {
        const client = new Redis(servers.redis.url, { retryStrategy: () => null });
        client.on('error', () => {});
        await client.flushall().finally(() => client.disconnect());
      } else await this.#world.inControl('DELETE FROM bullmq.job');
      this.#count('wipe_queue', true);
    } catch {
      // The server is down at the moment: there is nothing to wipe.
    }
  }

  #restart(kind: 'restart_redis' | 'restart_target' | 'restart_control', fault: PlannedFault): Promise<void> {
    const { redis, target, control } = this.#world.servers;
    const restart = async () => {
      if (this.#isCalm.aborted) return;
      if (kind === 'restart_redis') await redis.kill();
      else await (kind === 'restart_target' ? target : control).stopImmediately();
      await sleep(RESTART_GAP_MS + (fault.durationMs % 2_000));
      await (kind === 'restart_redis' ? redis : kind === 'restart_target' ? target : control).start();
      this.#count(kind, true);
    };
    this.#restarting = this.#restarting.then(restart);
    return this.#restarting;
  }

  /** The calm at the end cuts it short. */
  async #pause(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.#isCalm }).catch(() => {});
  }
}

const STATEMENT_FAULTS: Partial<Record<FaultKind, StatementRule>> = {
  swallow_commit: { ...APPLYING_COMMIT, effect: 'swallow_and_cut' },
  silence_commit: { ...APPLYING_COMMIT, effect: 'swallow' },
  cut_before_commit: { ...APPLYING_COMMIT, effect: 'cut_before' },
  hold_commit: { ...APPLYING_COMMIT, effect: 'hold' },
  lose_control_answer: { statement: /UPDATE copydock\.(loads|plans|parts)\b/, effect: 'swallow_and_cut' },
};

const S3_FAULTS: Partial<Record<FaultKind, S3Rule>> = {
  s3_slow_down: { effect: 'slow_down' },
  s3_reset_body: { effect: 'reset_mid_body' },
  s3_lose_answer: { method: 'PUT', effect: 'lose_answer' },
  s3_forbidden: { effect: 'forbidden' },
};

function victim(slots: readonly Slot[], fault: PlannedFault): Slot {
  const slot = slots[fault.victim % slots.length];
  if (slot === undefined) throw new Error('there is nobody to break');
  return slot;
}
