import { join } from 'node:path';
import { ensurePythonEnvironment } from '../services/python-environment.js';

export const LINES = ['2', '3'] as const;
export type LineName = (typeof LINES)[number];

export function pinsFile(line: LineName): string {
  return join(import.meta.dirname, `airflow-${line}-freeze.txt`);
}

/** A virtual environment with every package of that line pinned. Returns its `bin` folder. */
export async function ensureAirflow(line: LineName): Promise<string> {
  return await ensurePythonEnvironment(`airflow-${line}`, pinsFile(line));
}
