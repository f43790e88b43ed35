import t from 'tap';
import { CopydockError, shortenValue } from '../../src/loads/errors.js';

t.test(
  'a value that is cut within a surrogate pair, or holds NUL, is still text that jsonb can hold',
  async (t) => {
    const cut = shortenValue(`${'x'.repeat(78)}😀 and more`);
    const { report } = new CopydockError('bad_value', `value ${cut} and \0`, { value: cut });
    for (const text of [report.value ?? '', report.detail]) {
      t.ok(text.isWellFormed() && !text.includes('\0'), JSON.stringify(text));
    }
  },
);

t.test('a value is shown on one line of at most 80 characters', async (t) => {
  t.equal(shortenValue('a\r\nb\tc'), 'a b c');
  t.equal(shortenValue('y'.repeat(81)).length, 80);
  t.equal(shortenValue('y'.repeat(80)), 'y'.repeat(80));
});
