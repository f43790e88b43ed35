import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';

const PROJECT_DIR = join(import.meta.dirname, '../..');

t.test('every attack of docs/security.md names a test that exists', async (t) => {
  const text = await readFile(join(PROJECT_DIR, 'docs/security.md'), 'utf8');
  const rows = [...text.matchAll(/\| `(test\/[\w/.-]+\.test\.ts)`: (.+) \|$/gm)];
  t.equal(rows.length, text.split('| `test/').length - 1, 'each names a file and a title');
  t.ok(rows.length > 20);
  for (const [, file = '', title = ''] of rows) {
    const test = await readFile(join(PROJECT_DIR, file), 'utf8');
    t.ok(test.includes(`t.test('${title}'`) || test.includes(`t.test("${title}"`), `${file}: ${title}`);
  }
});
