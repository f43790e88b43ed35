import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { TempSpace } from './temp-space.js';

const MEMORY_LIMIT = '512MB';
const SPILL_LIMIT = '4GB';

/** One for each folder: an instance is locked to the folder that it was started with. */
const instances = new WeakMap<TempSpace, Promise<DuckDBInstance>>();

/**
 * A connection to the worker's DuckDB, which is loaded at its first use. It reads files of the temporary folder and
 * nothing else: no network, no extension is fetched. One thread keeps rows in their order and memory within its limit.
 */
export async function connectDuckDb(temp: TempSpace, signal: AbortSignal): Promise<DuckDBConnection> {
  const connection = await (await instanceOf(temp)).connect();
  const interrupt = () => connection.interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  const disconnect = connection.disconnectSync.bind(connection);
  connection.disconnectSync = () => {
    signal.removeEventListener('abort', interrupt);
    disconnect();
  };
  return connection;
}

function instanceOf(temp: TempSpace): Promise<DuckDBInstance> {
  const known = instances.get(temp);
  if (known !== undefined) return known;
  const started = startDuckDb(temp);
  instances.set(temp, started);
  started.catch(() => instances.delete(temp));
  return started;
}

async function startDuckDb(temp: TempSpace): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const folder = await temp.folder();
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: MEMORY_LIMIT,
    temp_directory: `${folder}/duckdb`,
    max_temp_directory_size: SPILL_LIMIT,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run(`SET GLOBAL TimeZone = 'UTC'`);
  await connection.run(`SET GLOBAL allowed_directories = ['${folder.replaceAll("'", "''")}/']`);
  await connection.run('SET GLOBAL enable_external_access = false');
  await connection.run('SET GLOBAL lock_configuration = true');
  connection.disconnectSync();
  return instance;
}
