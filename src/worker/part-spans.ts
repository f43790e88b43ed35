import type { Span, Tracer } from '../tracing/tracer.js';
import type { StepName } from './steps.js';

/** Of one worker's work on one load: a load may have thousands of parts, and further ones are only counted. */
const MAX_PART_SPANS = 20;

interface OpenPart {
  span: Span;
  lastMs: number;
}

/** Spans of the first parts, from their first step to their last, and counts of all. */
export class PartSpans {
  readonly #tracer: Tracer;
  readonly #open = new Map<number, OpenPart>();
  #started = 0;
  #counts: Record<string, number> = {};

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  reach(step: StepName, part: number, parent: string | null): void {
    const count = `copydock.parts_${step.replace('part_', '')}`;
    this.#counts[count] = (this.#counts[count] ?? 0) + 1;
    const open = this.#open.get(part) ?? this.#start(part, parent);
    if (open === null) return;
    open.span.event(step);
    open.lastMs = Date.now();
  }

  /** Ends the spans; answers how many parts came to which step since the last time. */
  end(): Record<string, number> {
    for (const { span, lastMs } of this.#open.values()) span.end(lastMs);
    this.#open.clear();
    const counts = this.#counts;
    this.#counts = {};
    return counts;
  }

  #start(part: number, parent: string | null): OpenPart | null {
    if (this.#started >= MAX_PART_SPANS) return null;
    this.#started += 1;
    const span = this.#tracer.startSpan('part', { parent, attributes: { 'copydock.part': part } });
    const open = { span, lastMs: Date.now() };
    this.#open.set(part, open);
    return open;
  }
}
