import t from 'tap';
import { readIdempotencyKey } from '../../src/http/idempotency-key.js';
import { toReasonPhrase } from '../../src/http/reason-phrase.js';
import { readWaitPreference } from '../../src/http/wait-preference.js';

t.test('an Idempotency-Key is read quoted or bare', async (t) => {
  const cases: [header: string | undefined, key: string | undefined][] = [
    ['dag/run:1+2', 'dag/run:1+2'],
    ['"dag/run"', 'dag/run'],
    ['"a \\"b\\" \\\\"', 'a "b" \\'],
    ['"half', '"half'],
    [' spaced ', 'spaced'],
    ['', undefined],
    ['""', undefined],
    ['None', undefined],
    ['"None"', undefined],
    [undefined, undefined],
  ];
  for (const [header, key] of cases) t.equal(readIdempotencyKey(header), key, `${header}`);
  t.throws(() => readIdempotencyKey('caf\u00e9'), { code: 'invalid_request' });
});

t.test('the wait is the query, or else the preference, at most 50 s', async (t) => {
  const cases: [
    query: number | undefined,
    prefer: string | undefined,
    seconds: number,
    preferred: boolean,
  ][] = [
    [undefined, undefined, 0, false],
    [30, undefined, 30, false],
    [300, undefined, 50, false],
    [5, 'wait=30', 5, false],
    [undefined, 'wait=30', 30, true],
    [undefined, 'respond-async; foo, Wait = "10"', 10, true],
    [undefined, 'wait=100', 50, true],
    [undefined, 'wait=soon', 0, false],
    [undefined, 'await=10', 0, false],
    [undefined, 'wait=10x', 0, false],
  ];
  for (const [query, prefer, seconds, preferred] of cases) {
    t.same(readWaitPreference(query, prefer), { seconds, preferred }, `${query} ${prefer}`);
  }
});

t.test('a reason phrase is printable ASCII on one line', async (t) => {
  t.equal(toReasonPhrase('Load failed: \u00e9t\u00e9\r\n\u0007 \u4e16'), 'Load failed: ete ? ?');
  t.equal(toReasonPhrase('x'.repeat(120)).length, 120);
  t.match(toReasonPhrase('x'.repeat(121)), /^x{117}\.\.\.$/);
});
