import { CopydockError } from '../../loads/errors.js';
import { CR, LF } from '../cut/line-byte.js';
import type { LoadRun } from '../load-run.js';
import { skipsRecords } from '../rejects/limit-rejects.js';
import type { FreshPart } from './cut-objects.js';

const NAMES = { lf: 'LF', crlf: 'CRLF', cr: 'CR' };
type Kind = keyof typeof NAMES;

/**
 * COPY takes one kind of line end, that of the first record it is sent, and it is sent parts: where the records of a whole
 * part end otherwise than those of the parts before, it would not notice, and the part size would decide what is refused.
 */
export class LineEnds {
  readonly #isLenient: boolean;
  readonly #kinds = new Map<number, Kind>();

  constructor(run: LoadRun) {
    this.#isLenient = skipsRecords(run);
  }

  /** What is wrong with the part, or null. Parts of one object come in order. */
  check({ row, body }: FreshPart, object: string): CopydockError | null {
    const kind = kindOf(body);
    if (this.#isLenient || kind === null) return null;
    const expected = this.#kinds.get(row.objectIndex) ?? kind;
    this.#kinds.set(row.objectIndex, expected);
    if (kind === expected) return null;
    const isCounted = (row.lineEnd === 'cr') === (kind === 'cr');
    const line = row.firstLine + row.lineCount - (isCounted ? 1 : 0);
    const detail = `${object}, line ${line}: the record ends in ${NAMES[kind]}, those before it in ${NAMES[expected]}.`;
    return new CopydockError('bad_record', detail, { object, line });
  }
}

/** What the last record of the part ends in, which is what all of them do, or COPY refuses it; null: the object just ends. */
function kindOf(body: Buffer): Kind | null {
  const last = body.at(-1);
  if (last === LF) return body.at(-2) === CR ? 'crlf' : 'lf';
  return last === CR ? 'cr' : null;
}
