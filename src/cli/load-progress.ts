import type { Load } from '../loads/load.js';
import { isTerminal } from '../loads/load-status.js';
import { printable } from '../loads/printable.js';
import { formatBytes, formatCount } from './format.js';

export interface ProgressOutput {
  isTTY?: boolean;
  write(text: string): unknown;
}

const PLAIN_EVERY_MS = 5_000;
const BAR_WIDTH = 24;
const START_OF_LINE = '\r\u001b[2K';

/** Shows how far a load is: one line drawn again and again on a terminal, a line now and then elsewhere. */
export class LoadProgressView {
  readonly #output: ProgressOutput;
  readonly #startedAt = performance.now();
  #status = '';
  #shownAt = 0;
  #shown = '';

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  show(load: Load): void {
    if (isTerminal(load.status)) {
      this.#end();
      return;
    }
    const line = describeProgress(load, (performance.now() - this.#startedAt) / 1000);
    if (this.#output.isTTY) {
      this.#output.write(`${START_OF_LINE}${drawBar(shareDone(load))} ${line}`);
      return;
    }
    const isDue = performance.now() - this.#shownAt >= PLAIN_EVERY_MS && line !== this.#shown;
    if (load.status === this.#status && !isDue) return;
    this.#status = load.status;
    this.#shownAt = performance.now();
    this.#shown = line;
    this.#output.write(`${line}\n`);
  }

  #end(): void {
    if (this.#output.isTTY) this.#output.write(START_OF_LINE);
  }
}

/** One line without its end: phase, percent, bytes, rows, rate; and what it waits for. */
export function describeProgress(load: Load, seconds: number): string {
  const { progress, waiting_for: waitingFor } = load;
  const waits = waitingFor === null ? '' : `, waiting: ${printable(waitingFor.detail)}`;
  if (progress === null) return `${load.status}${waits}`;
  const percent = `${Math.floor(shareDone(load) * 100)}%`;
  const bytes = `${formatBytes(progress.bytes_read)} of ${formatBytes(progress.source_bytes)}`;
  const rate = `${formatCount(Math.round(progress.rows_read / Math.max(seconds, 0.001)))} rows/s`;
  const parts = `${progress.parts_copied} of ${progress.parts_cut} parts copied`;
  return `${load.status} ${percent}, ${bytes}, ${formatCount(progress.rows_read)} rows, ${rate}, ${parts}${waits}`;
}

function shareDone({ progress }: Load): number {
  if (progress === null || progress.source_bytes === 0) return 0;
  return Math.min(1, progress.bytes_read / progress.source_bytes);
}

function drawBar(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}
