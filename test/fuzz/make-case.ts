import { randomNumbers } from '../worker/cut/random-csv.js';
import { damage } from './damage.js';
import { COLUMNS, type FuzzCase, type FuzzDialect, type FuzzEncoding, type FuzzObject } from './fuzz-case.js';
import { randomRecord } from './random-record.js';

type Random = (below: number) => number;

const MAX_RECORDS = 30;
const DAMAGED_PERCENT = 15;
const ENCODINGS: FuzzEncoding[] = [
  'UTF8',
  'UTF8',
  'UTF8',
  'UTF8 with mark',
  'UTF16LE',
  'UTF16BE',
  'LATIN1',
  'WIN1252',
];
const COMPRESSIONS = ['none', 'none', 'none', 'gzip', 'gzip', 'zstd', 'bzip2'];
const STRATEGIES = [undefined, 'direct', 'direct', 'delete_insert', 'delete_insert', 'swap'];
const DETECTABLE = [',', ';', '\t', '|'];
/** From parts of a few bytes to one part. */
const PART_SIZES = [5, 16, 40, 100, 400, 4096];

export function makeCase(seed: number): FuzzCase {
  const random = randomNumbers(seed);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const dialect = randomDialect(random, pick);
  const encoding = pick(ENCODINGS);
  const columns = shuffle(COLUMNS, random).slice(0, 1 + random(COLUMNS.length));
  const objects = Array.from({ length: random(4) === 0 ? 2 + random(2) : 1 }, () =>
    randomObject(dialect.hasHeader ? shuffle(columns, random) : columns, dialect, encoding, random),
  );
  const isDamaged = random(100) < DAMAGED_PERCENT;
  return {
    seed,
    dialect,
    detectsDelimiter:
      DETECTABLE.includes(dialect.delimiter) && dialect.hasHeader && random(4) === 0 && columns.length > 1,
    objects: (isDamaged ? objects.map((object) => damage(object, dialect, random)) : objects).map((object) =>
      encoding === 'UTF8' ? withoutMark(object) : object,
    ),
    encoding,
    compression: pick(COMPRESSIONS),
    strategy: pick(STRATEGIES),
    partSizeBytes: pick(PART_SIZES),
  };
}

function randomDialect(random: Random, pick: <T>(list: readonly T[]) => T): FuzzDialect {
  const quote = pick(['"', '"', '"', "'", '%']);
  return {
    delimiter: pick([',', ',', ';', '\t', '|', '^', '~', ' ']),
    quote,
    escape: random(4) === 0 ? pick(['\\', '!']) : quote,
    nullString: pick(['', '', '', 'NULL', '\\N', '-']),
    lineEnd: pick(['\n', '\n', '\r\n', '\r']),
    hasHeader: random(5) > 0,
  };
}

function randomObject(
  columns: string[],
  dialect: FuzzDialect,
  encoding: FuzzEncoding,
  random: Random,
): FuzzObject {
  const { delimiter, lineEnd, hasHeader } = dialect;
  const records = Array.from({ length: random(MAX_RECORDS) }, () =>
    randomRecord(columns, dialect, encoding, random),
  );
  const text = [...(hasHeader ? [columns.join(delimiter)] : []), ...records].join(lineEnd);
  return { columns, text: text === '' || random(4) === 0 ? text : `${text}${lineEnd}` };
}

/** At the very start U+FEFF is no character of a value: it tells the encoding. */
function withoutMark({ columns, text }: FuzzObject): FuzzObject {
  return { columns, text: text.replace(/^\ufeff+/, '') };
}

function shuffle<T>(list: readonly T[], random: Random): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(random(rest.length), 1)[0] as T);
}
