import type { DuckDBConnection } from '@duckdb/node-api';
import { CopydockError } from '../../loads/errors.js';
import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { tableColumns } from '../cut/head.js';
import { connectDuckDb } from './duckdb.js';

import { type ParquetColumn, recordExpression } from './parquet-columns.js';
import { fetchFooter, fetchWhole } from './parquet-file.js';
import { convertedHead, type OpenedObject, type ReadTools } from './reading.js';

/**
 * A Parquet object as CSV records. It is read from a temporary file, by pinned reads of its own, since DuckDB would not
 * pin what it reads from S3; for the head alone the file holds only the footer.
 */
export async function openParquet(
  object: PinnedObject,
  tools: ReadTools,
  { isHeadOnly }: { isHeadOnly: boolean },
): Promise<OpenedObject> {
  const location = objectLocation(object);
  const file = await (isHeadOnly ? fetchFooter(object, tools) : fetchWhole(object, tools));
  let connection: DuckDBConnection | null = null;
  const close = async () => {
    connection?.disconnectSync();
    await file.remove();
  };
  try {
    connection = await connectDuckDb(tools.temp, tools.signal);
    const columns = await describe(connection, file.path);
    const head = convertedHead(
      tableColumns(
        columns.map(({ name }) => name),
        location,
      ),
    );
    const counted = { records: 0 };
    const records = readRecords(connection, file.path, columns, counted, location, tools.signal);
    return {
      head,
      records,
      isVerbatim: false,
      compression: null,
      countRecords: () => counted.records,
      close,
    };
  } catch (error) {
    await close();
    tools.signal.throwIfAborted();
    throw explain(error, location);
  }
}

async function describe(connection: DuckDBConnection, path: string): Promise<ParquetColumn[]> {
  const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source(path)}`);
  return reader
    .getRowObjectsJson()
    .map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
}

/** All rows, or an error: the footer's count is compared. */
async function* readRecords(
  connection: DuckDBConnection,
  path: string,
  columns: readonly ParquetColumn[],
  counted: { records: number },
  location: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    const expected = await countRows(connection, path);
    const result = await connection.stream(`SELECT ${recordExpression(columns)} FROM ${source(path)}`);
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      counted.records += chunk.rowCount;
      yield Buffer.from(`${chunk.getColumnValues(0).join('\n')}\n`);
    }
    if (counted.records === expected) return;
    const detail = `${location}: ${counted.records} records were read, and its footer says ${expected}.`;
    throw new CopydockError('archive_damaged', detail, { object: location });
  } catch (error) {
    signal.throwIfAborted();
    throw explain(error, location);
  }
}

async function countRows(connection: DuckDBConnection, path: string): Promise<number> {
  const reader = await connection.runAndReadAll(
    `SELECT sum(num_rows)::DOUBLE AS count FROM parquet_file_metadata(${quoteText(path)})`,
  );
  return Number(reader.getRowObjectsJson()[0]?.count ?? 0);
}

function source(path: string): string {
  return `read_parquet(${quoteText(path)}, hive_partitioning = false)`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** DuckDB tells kinds of errors apart by the beginning of their message only. */
function explain(error: unknown, location: string): unknown {
  if (error instanceof CopydockError || !(error instanceof Error)) return error;
  const [reason = ''] = error.message.split('\n', 1);
  if (reason.startsWith('Out of Memory Error')) {
    return new CopydockError('object_too_large', `${location}: a row group does not fit into memory.`, {
      object: location,
      hint: 'Write it with smaller row groups.',
      cause: error,
    });
  }
  const shown = reason.replaceAll(/'?\/\S*object-\d+'?/g, 'the object').slice(0, 200);
  return new CopydockError('archive_damaged', `${location} can not be read as Parquet: ${shown}`, {
    object: location,
    cause: error,
  });
}
