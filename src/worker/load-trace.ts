import { ERROR_CATALOGUE, type ErrorCode } from '../loads/error-catalogue.js';
import type { Receipt } from '../loads/load.js';
import { isTerminal, type LoadStatus } from '../loads/load-status.js';
import type { ClaimedLoad } from '../postgres/control-database/claims.js';
import { traceFields } from '../tracing/trace-parent.js';
import type { Span, Tracer } from '../tracing/tracer.js';
import { PartSpans } from './part-spans.js';
import { type StepName, watchSteps } from './steps.js';

/** What a step begins; null: it ends what went on. */
const PHASES: Partial<Record<StepName, string | null>> = {
  planned: 'stage',
  copying: 'copy',
  committing: 'commit',
  finished: null,
  cleaning: 'clean up',
  cleaned: null,
};
const FIRST_PHASES: Partial<Record<LoadStatus, string>> = {
  queued: 'plan',
  staging: 'stage',
  copying: 'copy',
  committing: 'commit',
};

export type TraceOutcome = 'succeeded' | 'failed' | 'cancelled' | 'retrying' | 'waiting' | 'given back';

/**
 * The spans of one worker's work on one load, from claim to release: the attempt, its phases, and their first parts. They
 * belong to the trace of the request that submitted the load, and so do those of further attempts.
 */
export class LoadTrace {
  readonly #tracer: Tracer;
  readonly #load: ClaimedLoad;
  readonly #attempt: Span | null;
  readonly #parent: string | null;
  readonly #parts: PartSpans;
  readonly #unwatch: () => void;
  #phase: Span | null = null;

  constructor(tracer: Tracer, load: ClaimedLoad) {
    this.#tracer = tracer;
    this.#load = load;
    this.#parts = new PartSpans(tracer);
    const { status, traceParent } = load;
    this.#attempt = isTerminal(status) ? null : this.#startAttempt();
    this.#parent = this.#attempt?.traceParent ?? traceParent;
    if (status === 'queued' && traceParent !== null) this.#recordWait(traceParent);
    this.#enter(firstPhase(load));
    this.#unwatch = tracer.isOn ? watchSteps(load.id, (step, part) => this.#reach(step, part)) : () => {};
  }

  /** What log lines of this work have beside their own fields. */
  get fields(): { trace_id?: string } {
    return traceFields(this.#parent);
  }

  chose(strategy: string): void {
    this.#attempt?.set({ 'copydock.strategy': strategy });
  }

  /** How this work on the load ends. The text of an error may quote a row: only its code is told. */
  conclude(outcome: TraceOutcome, code: ErrorCode | null = null, receipt: Receipt | null = null): void {
    this.#attempt?.set({ 'copydock.outcome': outcome, ...figures(receipt) });
    if (code === null) return;
    const [, , title] = ERROR_CATALOGUE[code];
    this.#phase?.fail(code, title);
    this.#attempt?.fail(code, title);
  }

  end(): void {
    this.#unwatch();
    this.#enter(null);
    this.#attempt?.end();
  }

  #startAttempt(): Span {
    const { id, env, dataSet, request, attempt, takeovers, targetTable, traceParent: parent } = this.#load;
    return this.#tracer.startSpan('load attempt', {
      parent,
      attributes: {
        'copydock.load_id': id,
        'copydock.env': env,
        'copydock.data_set': dataSet,
        'copydock.load_type': request.load_type,
        'copydock.target_table': targetTable,
        'copydock.attempt': attempt,
        'copydock.takeovers': takeovers,
      },
    });
  }

  /** By the control database's clock. */
  #recordWait(parent: string): void {
    const { id, attempt, attemptAtMs: startMs, claimedAtMs } = this.#load;
    const attributes = { 'copydock.load_id': id, 'copydock.attempt': attempt };
    this.#tracer.startSpan('wait in queue', { parent, startMs, attributes }).end(claimedAtMs);
  }

  #reach(step: StepName, part: number | undefined): void {
    const phase = PHASES[step];
    if (part !== undefined) this.#parts.reach(step, part, this.#phase?.traceParent ?? this.#parent);
    else if (phase === undefined) this.#phase?.event(step);
    else this.#enter(phase);
  }

  #enter(phase: string | null): void {
    this.#phase?.set(this.#parts.end());
    this.#phase?.end();
    const attributes = { 'copydock.load_id': this.#load.id };
    this.#phase =
      phase === null || this.#parent === null
        ? null
        : this.#tracer.startSpan(phase, { parent: this.#parent, attributes });
  }
}

function firstPhase({ status, planId }: ClaimedLoad): string | null {
  return FIRST_PHASES[status === 'staging' && planId === null ? 'queued' : status] ?? null;
}

function figures(receipt: Receipt | null): Record<string, number> {
  if (receipt === null) return {};
  return {
    'copydock.rows_read': receipt.read,
    'copydock.rows_loaded': receipt.loaded,
    'copydock.rows_rejected': receipt.rejected,
    'copydock.source_bytes': receipt.source_bytes,
    'copydock.parts': receipt.parts,
  };
}
