import t from 'tap';
import { findJsonError } from '../../src/http/json-position.js';

t.test('JSON has no error', async (t) => {
  for (const text of [
    '{}',
    ' [ ] ',
    '{"a": [1, -2.5e+3, true, false, null, "x\\n\\u00e9\\""], "b": {"c": {}}}',
    '"text"',
    '0',
    '[[], [{}], {"": ""}]',
  ]) {
    t.doesNotThrow(() => JSON.parse(text));
    t.equal(findJsonError(text), null, text);
  }
});

t.test('the first character that is not JSON is found', async (t) => {
  const cases: [text: string, position: number][] = [
    ["{'a': 1}", 1],
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ['{"a": True}', 6],
    ['{"a": 01}', 6],
    ['{"a": 1} x', 9],
    ['{"a": 1]', 7],
    ['[1, 2}', 5],
    ['[1 2]', 3],
    ['{"a": "x\ny"}', 6],
    ['{"a": "\\x"}', 6],
    ['{a: 1}', 1],
    ['[,]', 1],
    ['{"a":,}', 5],
    ['NaN', 0],
    ['{"a": 1', 7],
    ['{"a": ', 6],
    ['', 0],
    ['  ', 2],
  ];
  for (const [text, position] of cases) {
    t.throws(() => JSON.parse(text), text);
    t.equal(findJsonError(text), position, text);
  }
});
