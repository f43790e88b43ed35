import { CopydockError, shortenValue } from '../../loads/errors.js';
import { writeRecord } from '../../loads/write-record.js';
import { columnName } from '../cut/head.js';
import { readMembers } from './json-record.js';
import { type JsonLine, splitJsonLines } from './split-json-lines.js';

export interface JsonLinesOptions {
  /** What each record becomes; a key that a record lacks is NULL. */
  columns: readonly string[];
  location: string;
  /** Columns of the target that are not among them: a key of such a name is an error, not left out. */
  lateColumns: readonly string[];
  /** Is told of every other key, once. */
  onUnknownKey: (key: string) => void;
  /** Is kept up to date with the lines that were converted. */
  counted: { records: number };
}

const OUTPUT_CHARACTERS = 256 * 1024;

/** JSON Lines as CSV, a record per line; blank lines are none. Records are counted from 1. */
export async function* convertJsonLines(
  text: AsyncIterable<Buffer>,
  options: JsonLinesOptions,
): AsyncGenerator<Buffer> {
  const converter = new RecordConverter(options);
  let output = '';
  for await (const line of splitJsonLines(text, options.location)) {
    output += converter.convert(line);
    options.counted.records = line.record;
    if (output.length < OUTPUT_CHARACTERS) continue;
    yield Buffer.from(output);
    output = '';
  }
  if (output !== '') yield Buffer.from(output);
}

/** The columns that the records of a sample have, in the order of their first appearance. */
export async function jsonColumns(text: AsyncIterable<Buffer>, location: string): Promise<string[]> {
  const columns = new Set<string>();
  for await (const line of splitJsonLines(text, location)) {
    checkJson(line, location);
    readMembers(line.text, (key) => columns.add(columnName(key)));
  }
  return [...columns];
}

class RecordConverter {
  readonly #options: JsonLinesOptions;
  /** By key; -1 for keys that no column takes. */
  readonly #positions = new Map<string, number>();
  readonly #values: (string | null)[];
  readonly #keys: (string | null)[];

  constructor(options: JsonLinesOptions) {
    this.#options = options;
    this.#values = options.columns.map(() => null);
    this.#keys = options.columns.map(() => null);
  }

  convert(line: JsonLine): string {
    checkJson(line, this.#options.location);
    this.#values.fill(null);
    this.#keys.fill(null);
    readMembers(line.text, (key, value) => {
      const position = this.#positions.get(key) ?? this.#place(key, line.record);
      if (position < 0) return;
      const other = this.#keys[position];
      if (other !== null && other !== key) throw this.#twice(line, key, other ?? '');
      this.#keys[position] = key;
      this.#values[position] = value;
    });
    const record = writeRecord(this.#values);
    if (!record.isWellFormed()) throw this.#halfCharacter(line);
    return record;
  }

  #place(key: string, record: number): number {
    const position = this.#options.columns.indexOf(columnName(key));
    if (position < 0) this.#leaveOut(key, record);
    this.#positions.set(key, position);
    return position;
  }

  #leaveOut(key: string, record: number): void {
    const { lateColumns, location, onUnknownKey } = this.#options;
    const column = columnName(key);
    if (!lateColumns.includes(column)) {
      onUnknownKey(key);
      return;
    }
    throw new CopydockError(
      'header_mismatch',
      `${location}, record ${record} has the key ${key}, which no record at the beginning of an object has.`,
      { object: location, record, column, hint: 'Name all keys to be loaded in csv.columns.' },
    );
  }

  #halfCharacter({ record, byteOffset }: JsonLine): CopydockError {
    const { location } = this.#options;
    return new CopydockError(
      'bad_record',
      `${location}, record ${record}: a \\u escape is half of a character.`,
      {
        object: location,
        record,
        byte_offset: byteOffset,
      },
    );
  }

  #twice({ record }: JsonLine, key: string, other: string): CopydockError {
    const { location } = this.#options;
    const column = columnName(key);
    return new CopydockError(
      'duplicate_column',
      `${location}, record ${record}: keys ${JSON.stringify(other)} and ${JSON.stringify(key)} both name column ${column}.`,
      { object: location, record, column },
    );
  }
}

function checkJson({ text, record, byteOffset }: JsonLine, location: string): void {
  const place = { object: location, record, byte_offset: byteOffset, value: shortenValue(text) };
  const where = `${location}, record ${record}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CopydockError('bad_record', `${where}: the line is not valid JSON.`, {
      ...place,
      hint: 'JSON Lines have one JSON object per line. Correct the line in the source.',
      cause,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new CopydockError('bad_record', `${where}: the line is JSON, but not an object.`, {
    ...place,
    hint: 'Write the data as JSON Lines: one object per line, without brackets around or commas between them.',
  });
}
