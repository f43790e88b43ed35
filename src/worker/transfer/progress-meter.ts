import type { LoadProgress } from '../../loads/load.js';
import type { LoadRun } from '../load-run.js';

const REPORT_EVERY_MS = 1_000;

/** Counts what a load has done, and writes it to the control database once a second while it changes. */
export class ProgressMeter {
  readonly counts: LoadProgress;
  readonly #run: LoadRun;
  readonly #timer: NodeJS.Timeout;
  #reported = '';
  #writing: Promise<void> = Promise.resolve();

  constructor(run: LoadRun, counts: LoadProgress) {
    this.#run = run;
    this.counts = counts;
    this.#timer = setInterval(() => this.#report(), REPORT_EVERY_MS);
  }

  /** Source bytes that S3 sent; those that a resumed load reads again count once. */
  readonly addBytes = (count: number): void => {
    const { bytes_read: read, source_bytes: all } = this.counts;
    this.counts.bytes_read = Math.min(read + count, all);
  };

  /** Writes the last figures; from then on nothing more is written. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#report();
    await this.#writing;
  }

  #report(): void {
    const figures = JSON.stringify(this.counts);
    if (figures === this.#reported) return;
    this.#reported = figures;
    this.#writing = this.#writing
      .then(() => this.#run.report(JSON.parse(figures)))
      .catch((error: unknown) => this.#run.logger.warn({ error }, 'progress was not written'));
  }
}
