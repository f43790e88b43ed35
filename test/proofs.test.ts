import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import t from 'tap';

const PROJECT_DIR = resolve(import.meta.dirname, '..');
const readProjectFile = (path: string) => readFile(join(PROJECT_DIR, path), 'utf8');

/** Each row of the page: what is claimed, where the code is, and the proofs one by one. */
async function readRows(): Promise<{ rule: string; code: string; proofs: string[] }[]> {
  const page = await readProjectFile('docs/proofs.md');
  return [...page.matchAll(/^\| (?!rule \||---)(.+) \| `([^`|]+)` \| (.+) \|$/gm)].map(
    ([, rule = '', code = '', proofs = '']) => ({ rule, code, proofs: proofs.split('<br>') }),
  );
}

/** Lines of the fault matrix by fault: the moments at which each is played. */
async function readMatrix(): Promise<Map<string, string[]>> {
  const table = (await readProjectFile('docs/fault-matrix.md')).split('\n## ')[1] ?? '';
  const [head = [], , ...rows] = [...table.matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) =>
    row.split(' | '),
  );
  return new Map(
    rows.map(([fault = '', ...cells]) => [
      fault,
      head.slice(1).filter((_, at) => /^(succeeded|failed|cancelled)/.test(cells[at] ?? '')),
    ]),
  );
}

/** What does not stand where the proof says, or null. */
async function findUntruth(proof: string): Promise<string | null> {
  const test = /^`(test\/[^`]+)` (".+")$/.exec(proof);
  if (test !== null) return findMissingTitle(test[1] ?? '', test[2] ?? '');
  const played = /^matrix: (.+): ([^:]+)$/.exec(proof);
  if (played !== null) {
    const moments = (await readMatrix()).get(played[1] ?? '') ?? [];
    return (played[2] ?? '').split(' / ').find((moment) => !moments.includes(moment)) ?? null;
  }
  const guards = /^model: (.+)$/.exec(proof);
  if (guards === null) return /^[^`"]*: ?nothing\b|^nothing\b/.test(proof) ? null : 'no proof of any kind';
  const model = await readProjectFile('docs/spec/load.pml');
  const names = [...(guards[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  return names.length === 0
    ? 'no guard'
    : (names.find((name) => !new RegExp(`WITHOUT_${name}\\b`).test(model)) ?? null);
}

async function findMissingTitle(file: string, quoted: string): Promise<string | null> {
  if (!existsSync(join(PROJECT_DIR, file))) return file;
  const source = await readProjectFile(file);
  const titles = quoted.slice(1, -1).split('", "');
  return titles.find((title) => !source.includes(title)) ?? null;
}

t.test('every file, title, cell of the matrix and guard that a proof names is there', async (t) => {
  const rows = await readRows();
  t.ok(rows.length > 50);
  for (const { rule, code, proofs } of rows) {
    t.ok(existsSync(join(PROJECT_DIR, 'src', code)), `${rule}: ${code}`);
    for (const proof of proofs) t.equal(await findUntruth(proof), null, `${rule}: ${proof}`);
  }
});

t.test('every row of a table is read, and every part of the commit protocol has some', async (t) => {
  const [page, protocol] = await Promise.all(
    ['docs/proofs.md', 'docs/commit-protocol.md'].map(readProjectFile),
  );
  const headings = (text = '') => [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  const lines = [...(page ?? '').matchAll(/^\| (?!rule \||---)/gm)];
  t.equal((await readRows()).length, lines.length);
  t.strictSame(headings(page), headings(protocol));
});

t.test('every guard of the model is named by a rule', async (t) => {
  const [page, model] = await Promise.all(['docs/proofs.md', 'docs/spec/load.pml'].map(readProjectFile));
  const guards = new Set([...(model ?? '').matchAll(/WITHOUT_(\w+)/g)].map(([, name = '']) => name));
  t.strictSame(
    [...guards].filter((name) => !page?.includes(`\`${name}\``)),
    [],
  );
});

t.test('what is not there is noticed', async (t) => {
  const untruths = [
    '`test/nowhere.test.ts` "x"',
    '`test/proofs.test.ts` "a title that does ' + 'not exist"',
    'matrix: cancel: never',
    'matrix: no such fault: planned',
    'model: `NO_SUCH_GUARD`',
    'because',
  ];
  for (const proof of untruths) t.type(await findUntruth(proof), 'string', proof);
});
