import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { quote, quoteColumns, quoteText } from '../identifiers.js';

/** What COPY is told about the data. `forceNull`: columns where an empty value, even a quoted one, is NULL. */
export interface CopyOptions {
  delimiter: string;
  quote: string;
  escape: string;
  nullString: string;
  encoding: string;
  forceNull: readonly string[];
}

/** pg-copy-streams is fastest at about this size (64 KiB: 132 MB/s, 1 MiB: 144, 8 MiB: 97). */
const CHUNK_BYTES = 1024 * 1024;

/** `table` is quoted. */
export interface CopyDestination {
  table: string;
  columns: readonly string[];
  options: CopyOptions;
}

export function copyStatement(into: CopyDestination, where: string | null = null): string {
  const filter = where === null ? '' : ` WHERE ${where}`;
  return `COPY ${into.table} (${quoteColumns(into.columns)}) FROM STDIN WITH ${copyOptionList(into)}${filter}`;
}

/** The options of COPY, in parentheses. */
export function copyOptionList({ columns, options }: Pick<CopyDestination, 'columns' | 'options'>): string {
  const forced = options.forceNull.filter((column) => columns.includes(column));
  const list = [
    'FORMAT csv',
    'HEADER false',
    `DELIMITER ${quoteText(options.delimiter)}`,
    `QUOTE ${quoteText(options.quote)}`,
    `ESCAPE ${quoteText(options.escape)}`,
    `NULL ${quoteText(options.nullString)}`,
    `ENCODING ${quoteText(options.encoding)}`,
    ...(forced.length > 0 ? [`FORCE_NULL (${forced.map(quote).join(', ')})`] : []),
  ];
  return `(${list.join(', ')})`;
}

/**
 * Copies a body (memory, or chunks of a staged object) into a table and answers how many rows PostgreSQL says that it
 * took. An error of the source or an abort destroys the stream, which sends CopyFail: no row stays.
 *
 * Hazard: after an error of the server the stream of pg-copy-streams has no connection, and a further write throws.
 */
export async function copyIn(
  client: pg.ClientBase,
  statement: string,
  body: Buffer | AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const stream = client.query(copyFrom(statement));
  let failure: { error: unknown } | null = null;
  stream.on('error', (error) => {
    failure ??= { error };
  });
  const abort = () => stream.destroy(new Error('the load was stopped'));
  signal.addEventListener('abort', abort, { once: true });
  const done = finished(stream);
  done.catch(() => {});
  try {
    for await (const chunk of Buffer.isBuffer(body) ? slices(body) : body) {
      if (failure !== null || stream.destroyed) break;
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
    }
    if (failure === null) stream.end();
    await done;
    return stream.rowCount;
  } catch (error) {
    if (failure === null) stream.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let from = 0; from < body.length; from += CHUNK_BYTES) yield body.subarray(from, from + CHUNK_BYTES);
}
