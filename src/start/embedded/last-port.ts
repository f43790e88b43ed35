import { readFile, writeFile } from 'node:fs/promises';
import { findFreePort } from './free-port.js';

/** The port of the last run, kept in `file`, so that addresses stay the same; another one where it is taken. */
export async function findLastPort(file: string): Promise<number> {
  const last = Number(await readFile(file, 'utf8').catch(() => '0'));
  const port = await findFreePort(last).catch(() => findFreePort());
  await writeFile(file, `${port}\n`);
  return port;
}
