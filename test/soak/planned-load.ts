/** A row of a source object. It names its load and its line, so that the table tells what was applied. */
export interface SourceRow {
  id: number;
  dataset: string;
  load: string;
  line: number;
}

export type LoadKind = 'full' | 'delta' | 'append' | 'sample';

/** What is wrong with a source or a request, so that its load must fail. */
export type Flaw = 'bad_value' | 'missing_source' | 'duplicate_key' | 'missing_table';

/** A load as the seed has it, whatever becomes of it. */
export interface PlannedLoad {
  /** Stands in every row and in the load's labels. */
  tag: string;
  atMs: number;
  kind: LoadKind;
  dataSet: string;
  /** `entity/alpha`: which rows of which table it replaces or adds to. */
  scope: string;
  table: 'entity' | 'whole' | 'journal';
  strategy: string | null;
  flaw: Flaw | null;
  /** The flaw is mended after the load has failed, which is then tried again. */
  isMended: boolean;
  /** `post_twice`: the same key, at the same time, to two API processes. */
  submission: 'put' | 'post' | 'post_twice';
  cancelAfterMs: number | null;
  /** Tried again after it ended failed or cancelled; times at most. */
  retries: number;
  sampleRows: number | null;
  objects: SourceRow[][];
}

export const SAMPLE_SCOPE = 'whole_sample/*';

export function rowsOf(load: PlannedLoad): SourceRow[] {
  return load.objects.flat();
}

/** The rows that the load may write: of another data set there are none in a scoped table. */
export function rowsInScope(load: PlannedLoad): SourceRow[] {
  const rows = rowsOf(load);
  return load.table === 'entity' ? rows.filter(({ dataset }) => dataset === load.dataSet) : rows;
}
