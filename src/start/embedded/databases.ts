import pg from 'pg';
import { ignoreBrokenConnection } from '../../postgres/pool.js';

/** Makes the databases that are missing. Returns their URLs, in order. */
export async function createDatabases<const Names extends readonly string[]>(
  serverUrl: string,
  names: Names,
): Promise<{ [Index in keyof Names]: string }> {
  const client = new pg.Client({ connectionString: serverUrl });
  client.on('error', ignoreBrokenConnection);
  await client.connect();
  try {
    for (const name of names) await createIfMissing(client, name);
  } finally {
    await client.end();
  }
  return names.map((name) => urlOf(serverUrl, name)) as { [Index in keyof Names]: string };
}

async function createIfMissing(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
