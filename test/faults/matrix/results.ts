import { appendFile, readFile } from 'node:fs/promises';
import type { Cell, Strategy } from './cell.js';

export type Backend = 'redis' | 'postgres';

/** A cell that was played, as its test wrote it down. */
export interface PlayedCell extends Cell {
  strategy: Strategy;
  backend: Backend;
  ok: boolean;
  seconds: number;
}

/** Seconds from the end or stop of a worker to the next progress in another one, of each time. */
export interface MeasuredRecovery {
  recovery: 'killed' | 'stopped';
  seconds: number[];
}

export interface Results {
  cells: PlayedCell[];
  recoveries: MeasuredRecovery[];
}

/** One JSON line each, in the file that the runner names. Without a runner nothing is written. */
export async function writeResult(result: PlayedCell | MeasuredRecovery): Promise<void> {
  const file = process.env.FAULTS_RESULTS;
  if (file !== undefined) await appendFile(file, `${JSON.stringify(result)}\n`);
}

export async function readResults(file: string): Promise<Results> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const results = lines.map((line) => JSON.parse(line) as PlayedCell | MeasuredRecovery);
  return {
    cells: results.filter((result) => 'fault' in result),
    recoveries: results.filter((result) => 'recovery' in result),
  };
}
