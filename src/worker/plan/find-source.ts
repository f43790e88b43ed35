import { CopydockError } from '../../loads/errors.js';
import type { CsvOptions } from '../../loads/load.js';
import { layOutPath, parseSourcePath } from '../../loads/path.js';
import type { PinnedObject } from '../../s3/list.js';
import { type CsvDialect, completeDialect } from '../cut/dialect.js';
import type { LoadRun } from '../load-run.js';
import { listSourceObjects } from './list-source-objects.js';
import { type FirstHead, readFirstHead } from './read-first-head.js';

/** What a load is to read. `first` is null only where an empty source is allowed. */
export interface Source {
  objects: PinnedObject[];
  dialect: CsvDialect;
  first: FirstHead | null;
}

/** Lists and pins the source objects, and reads the head of the first that has one. */
export async function findSource(run: LoadRun): Promise<Source> {
  const { request } = run.load;
  const path = layOutPath(request.path, run.env.pathLayout, request.data_set, request.load_type);
  const objects = await listSourceObjects(run.deps.s3, parseSourcePath(path), request, run.signal);
  const dialect = completeDialect(csvOptions(run), objects[0]?.key ?? '');
  const first = await readFirstHead(run.deps.s3, objects, dialect, run.signal);
  if (first === null && request.allow_empty !== true) {
    throw new CopydockError('empty_source', `No object under ${request.path} holds a byte.`, {
      field: 'path',
    });
  }
  return { objects, dialect, first };
}

/** Options of the request outrank those that the configuration has for the data set. */
function csvOptions(run: LoadRun): CsvOptions {
  return { ...run.deps.config.dataSets.get(run.load.dataSet)?.csv, ...run.load.request.csv };
}
