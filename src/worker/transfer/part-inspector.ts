import { CopydockError } from '../../loads/errors.js';
import { lookUp } from '../../postgres/target-database/look-up.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { warn } from '../warn.js';
import { partLocation } from './copy-part.js';
import type { FreshPart } from './cut-objects.js';
import { LineEnds } from './line-ends.js';

/** Keys named in a warning; there may be thousands. */
const MAX_KEYS = 20;

/** Looks at fresh parts for what COPY would take otherwise than its reader expects. */
export class PartInspector {
  readonly #run: LoadRun;
  readonly #plan: Plan;
  readonly #hasMarkerTrap: boolean;
  readonly #lineEnds: LineEnds;
  readonly #unknownKeys = new Set<string>();
  #strayQuote: string | null = null;

  static async open(run: LoadRun, plan: Plan): Promise<PartInspector> {
    return new PartInspector(run, plan, await readsMarkerAsEnd(run));
  }

  private constructor(run: LoadRun, plan: Plan, hasMarkerTrap: boolean) {
    this.#run = run;
    this.#plan = plan;
    this.#hasMarkerTrap = hasMarkerTrap;
    this.#lineEnds = new LineEnds(run);
  }

  /** Throws where records would be lost or mixed up; the part is released then. Parts come in order. */
  inspect(part: FreshPart): void {
    const object = partLocation(this.#plan, part.row);
    const problem = this.#findLoss(part, object) ?? this.#lineEnds.check(part, object);
    if (problem !== null) {
      part.release();
      throw problem;
    }
    if (part.strayQuoteLine !== null) this.#strayQuote ??= `${object}, line ${part.strayQuoteLine}`;
  }

  readonly noteUnknownKey = (key: string): void => {
    if (this.#unknownKeys.size <= MAX_KEYS) this.#unknownKeys.add(key);
  };

  /** Warns of what is loaded all the same. */
  async report(): Promise<void> {
    const warnings: string[] = [];
    if (this.#strayQuote !== null) {
      warnings.push(
        `${this.#strayQuote}: a quote stands in the middle of a field; PostgreSQL leaves such quotes out of the value. To keep them, set csv.quote to a character that the source does not hold`,
      );
    }
    if (this.#unknownKeys.size > 0) {
      const names = [...this.#unknownKeys].slice(0, MAX_KEYS).join(', ');
      const more = this.#unknownKeys.size > MAX_KEYS ? ' and others' : '';
      warnings.push(`Keys that the target lacks are not loaded: ${names}${more}`);
    }
    await warn(this.#run, warnings);
  }

  #findLoss({ markerLine, mergingQuoteLine }: FreshPart, object: string): CopydockError | null {
    if (this.#hasMarkerTrap && markerLine !== null) {
      return new CopydockError('end_of_data_marker', `${object}, line ${markerLine} holds only \\.`, {
        object,
        line: markerLine,
      });
    }
    if (mergingQuoteLine === null) return null;
    return new CopydockError(
      'unbalanced_quote',
      `${object}, line ${mergingQuoteLine}: a quote that opens there stands in the middle of a field, or ends in the middle of one lines further on: PostgreSQL would take this and the following records for one.`,
      {
        object,
        line: mergingQuoteLine,
        hint: 'If quotes have no meaning in the source, set csv.quote to a character that it does not hold; else quote the whole field.',
      },
    );
  }
}

/** Before PostgreSQL 18 a line `\.` ends the data even in CSV, with success: the rest would be lost in silence. */
async function readsMarkerAsEnd(run: LoadRun): Promise<boolean> {
  const rows = await lookUp<{ version: number }>(
    await run.target(),
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  return (rows[0]?.version ?? 0) < 180_000;
}
