import { readFile } from 'node:fs/promises';
import type { Cell } from './cell.js';

/** A cell that was played, as its test wrote it down. */
export interface PlayedCell extends Cell {
  backend: 'redis' | 'postgres';
  ok: boolean;
  seconds: number;
}

/** One JSON line per cell. */
export async function readResults(file: string): Promise<PlayedCell[]> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as PlayedCell);
}
