import { CopydockError } from '../../loads/errors.js';
import type { CsvOptions } from '../../loads/load.js';
import { layOutPath, parseSourcePath } from '../../loads/path.js';
import { objectLocation, type PinnedObject, sumBytes } from '../../s3/list.js';
import type { LoadRun } from '../load-run.js';
import type { ReadTools } from '../read/reading.js';
import { compressionMismatch } from '../read/source-format.js';
import { listSourceObjects } from './list-source-objects.js';
import { type FirstLook, lookAtObject } from './look-at-source.js';
import { type ObjectHead, readHeads } from './read-heads.js';

/** What a load is to read. `first` is null only where an empty source is allowed. */
export interface Source {
  objects: PinnedObject[];
  first: FirstLook | null;
  /** Of every object that holds anything; of a sample load's first one alone. */
  heads: ObjectHead[];
  /** Bytes of CSV that come of it, by a rough guess where it is compressed. */
  textBytes: number;
  warnings: string[];
}

/** CSV and JSON that are compressed grow about so much. */
const TEXT_PER_COMPRESSED_BYTE = 5;

/** Lists and pins the source objects, finds out how they are written, and reads their heads. */
export async function findSource(run: LoadRun): Promise<Source> {
  const { request } = run.load;
  const path = layOutPath(request.path, run.env.pathLayout, request.data_set, request.load_type);
  const objects = await listSourceObjects(run.deps.s3, parseSourcePath(path), request, run.signal);
  const tools = { s3: run.deps.s3, temp: run.deps.temp, signal: run.signal };
  const found = await findFirst(objects, run, tools);
  if (found === null) {
    if (request.allow_empty === true)
      return { objects: [], first: null, heads: [], textBytes: 0, warnings: [] };
    throw new CopydockError('empty_source', `No object under ${request.path} holds a byte.`, {
      field: 'path',
    });
  }
  const { first, head } = found;
  const others = request.load_type === 'sample' ? [] : objects.slice(objects.indexOf(head.object) + 1);
  const heads = [head, ...(await readHeads(others, first.reading, tools))];
  if (first.message !== null) await run.log('info', first.message);
  return {
    objects,
    first,
    heads,
    textBytes: guessTextBytes(objects, heads, first),
    warnings: nameMismatches(heads),
  };
}

async function findFirst(
  objects: readonly PinnedObject[],
  run: LoadRun,
  tools: ReadTools,
): Promise<{ first: FirstLook; head: ObjectHead } | null> {
  const options = { format: run.load.request.format, csv: csvOptions(run) };
  for (const object of objects) {
    if (object.sizeBytes === 0) continue;
    const first = await lookAtObject(object, options, tools);
    if (first === null) continue;
    return { first, head: { object, columns: first.head.columns, compression: first.compression } };
  }
  return null;
}

/** Options of the request outrank those that the configuration has for the data set. */
function csvOptions(run: LoadRun): CsvOptions {
  return { ...run.deps.config.dataSets.get(run.load.dataSet)?.csv, ...run.load.request.csv };
}

function guessTextBytes(
  objects: readonly PinnedObject[],
  heads: readonly ObjectHead[],
  first: FirstLook,
): number {
  const isSmaller =
    first.reading.format === 'parquet' || heads.some(({ compression }) => compression !== null);
  return sumBytes(objects) * (isSmaller ? TEXT_PER_COMPRESSED_BYTE : 1);
}

function nameMismatches(heads: readonly ObjectHead[]): string[] {
  const found = heads.map(({ object, compression }) =>
    compressionMismatch(object.key, objectLocation(object), compression),
  );
  const [first, ...others] = found.filter((warning) => warning !== null);
  if (first === undefined) return [];
  return [others.length === 0 ? first : `${first} (and ${others.length} objects more)`];
}
