import { parseArgs } from 'node:util';

export interface FuzzOptions {
  cases: number;
  /** The first case's; the others count on from it, so that any case can be played alone. */
  seed: number;
}

const USAGE = 'npm run fuzz -- --cases 500 --seed 1';

export function readOptions(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { cases: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
  });
  const [cases, seed] = [Number(values.cases), Number(values.seed)];
  if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed)) throw new Error(`Usage: ${USAGE}`);
  return { cases, seed };
}
