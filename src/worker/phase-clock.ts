import type { PhaseSeconds } from '../loads/load.js';
import type { LoadStatus } from '../loads/load-status.js';
import type { ClaimedLoad } from '../postgres/control-database/claims.js';

type WorkPhase = 'staging' | 'copying' | 'committing';

/**
 * Seconds per phase. Of a load that several workers worked on one after another, the phases are those of the last
 * one; `queued` and `total` come from the control database's clock and cover the whole attempt.
 */
export class PhaseClock {
  readonly #seconds: Record<WorkPhase, number> = { staging: 0, copying: 0, committing: 0 };
  readonly #queuedSeconds: number;
  readonly #secondsAtClaim: number;
  readonly #claimedAt = performance.now();
  #phase: WorkPhase | null = null;
  #enteredAt = performance.now();

  constructor(load: Pick<ClaimedLoad, 'attemptAtMs' | 'startedAtMs' | 'claimedAtMs' | 'status'>) {
    this.#queuedSeconds = ((load.startedAtMs ?? load.claimedAtMs) - load.attemptAtMs) / 1000;
    this.#secondsAtClaim = (load.claimedAtMs - load.attemptAtMs) / 1000;
    this.enter(load.status);
  }

  enter(status: LoadStatus): void {
    const now = performance.now();
    if (this.#phase !== null) this.#seconds[this.#phase] += (now - this.#enteredAt) / 1000;
    this.#enteredAt = now;
    this.#phase = status === 'staging' || status === 'copying' || status === 'committing' ? status : null;
  }

  read(): PhaseSeconds {
    const now = performance.now();
    const running = (phase: WorkPhase) => (this.#phase === phase ? (now - this.#enteredAt) / 1000 : 0);
    const total = this.#secondsAtClaim + (now - this.#claimedAt) / 1000;
    return {
      queued: round(this.#queuedSeconds),
      staging: round(this.#seconds.staging + running('staging')),
      copying: round(this.#seconds.copying + running('copying')),
      committing: round(this.#seconds.committing + running('committing')),
      total: round(total),
    };
  }
}

function round(seconds: number): number {
  return Math.round(Math.max(0, seconds) * 1000) / 1000;
}
