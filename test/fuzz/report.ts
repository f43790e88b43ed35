import type { Verdict } from './compare.js';
import type { FuzzCase } from './fuzz-case.js';

export function summarise(verdicts: readonly Verdict[]): string {
  const kinds = count(verdicts.map(({ kind }) => kind));
  const codes = count(
    verdicts.filter(({ kind }) => kind === 'only PostgreSQL accepts').map(({ code }) => code ?? 'none'),
  );
  const read = verdicts.filter(({ isReadByReader }) => isReadByReader).length;
  const share = (number: number) => `${number} (${((100 * number) / verdicts.length).toFixed(1)} %)`;
  const lines = [...kinds].map(([kind, number]) => `  ${kind}: ${share(number)}`);
  return [
    `${verdicts.length} cases, ${verdicts.filter(({ fault }) => fault !== null).length} of them faulty`,
    ...lines,
    `  accepted by csv-parse, too: ${share(read)}`,
    ...(codes.size > 0
      ? [`  refused by Copydock alone: ${[...codes].map((code) => code.join(' ')).join(', ')}`]
      : []),
  ].join('\n');
}

export function formatCase({ objects, ...rest }: FuzzCase): string {
  const texts = objects.map(
    ({ columns, text }) => `${columns.join(' ')}: ${JSON.stringify(text).slice(0, 3_000)}`,
  );
  return `${JSON.stringify(rest)}\n${texts.join('\n')}`;
}

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map([...counts].sort(([, left], [, right]) => right - left));
}
