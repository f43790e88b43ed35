import type { Stack } from '../worker/stack.js';
import type { Outcome } from './compare.js';
import { COLUMNS, type FuzzCase } from './fuzz-case.js';
import { sourceBytes } from './write-source.js';

export async function createTarget(stack: Stack): Promise<void> {
  const columns = COLUMNS.map((name) => `${name} ${name === 'n' ? 'int' : 'text'}`);
  await stack.sql(`CREATE TABLE target (${columns.join(', ')})`);
  // Only its owner may put a new table in its place.
  await stack.sql('ALTER TABLE target OWNER TO test_service');
}

/** Loads the case as any caller would. */
export async function playCase(stack: Stack, fuzzCase: FuzzCase): Promise<Outcome> {
  stack.config.worker.partSizeBytes = fuzzCase.partSizeBytes;
  for (const [index, object] of fuzzCase.objects.entries()) {
    await stack.put(`${fuzzCase.seed}/part-${index}`, sourceBytes(object, fuzzCase));
  }
  const accepted = await stack.post({
    load_type: 'full',
    data_set: 'target',
    path: `s3://${stack.source}/${fuzzCase.seed}/`,
    format: 'csv',
    csv: csvOptions(fuzzCase),
    allow_empty: true,
    allow_shrink: true,
    ...(fuzzCase.strategy === undefined ? {} : { commit_strategy: fuzzCase.strategy }),
  });
  if (accepted.id === undefined) throw new Error(`refused: ${JSON.stringify(accepted)}`);
  let load = accepted;
  while (!load.done) load = await stack.get(`/v1/loads/${accepted.id}?wait=20`);
  const rows = await stack.sql(`SELECT a, b, c, d, n::text FROM target`);
  const { code = null, detail = null } = load.error ?? {};
  return { status: load.status, code, detail, rows: rows as Outcome['rows'] };
}

function csvOptions({ dialect, detectsDelimiter, encoding, objects: [first] }: FuzzCase) {
  const { delimiter, quote, escape: escapeWith, nullString, hasHeader } = dialect;
  return {
    ...(detectsDelimiter ? {} : { delimiter }),
    quote,
    escape: escapeWith,
    null_string: nullString,
    ...(hasHeader ? {} : { header: false, columns: first?.columns }),
    ...(encoding === 'LATIN1' || encoding === 'WIN1252' ? { encoding } : {}),
  };
}
