import { parseArgs } from 'node:util';

export interface SoakOptions {
  seconds: number;
  seed: number;
  backend: 'redis' | 'postgres';
  workers: number;
  /** Where the summary is written as JSON, too. */
  json: string | null;
}

const USAGE = 'npm run soak -- --seconds 60 --seed 1 --backend redis|postgres --workers 3 --json FILE';

export function readOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      backend: { type: 'string', default: 'redis' },
      workers: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  });
  const [seconds, seed, workers] = [values.seconds, values.seed, values.workers].map(Number);
  const { backend } = values;
  const isWhole = [seconds, seed, workers].every((number) => Number.isInteger(number) && Number(number) >= 0);
  if (!isWhole || !seconds || !workers || (backend !== 'redis' && backend !== 'postgres')) {
    throw new Error(`Usage: ${USAGE}`);
  }
  return { seconds, seed: seed ?? 0, backend, workers, json: values.json ?? null };
}
