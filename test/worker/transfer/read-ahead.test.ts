import t from 'tap';
import { ReadAhead } from '../../../src/worker/transfer/read-ahead.js';

function source(count: number, failAt = Infinity) {
  const made: number[] = [];
  const released: number[] = [];
  async function* items() {
    for (let number = 0; number < count; number += 1) {
      if (number === failAt) throw new Error('the source broke');
      made.push(number);
      yield { number, release: () => released.push(number) };
    }
  }
  return { made, released, items: items() };
}

t.test('it makes what will be wanted next, and no more', async (t) => {
  const { made, released, items } = source(10);
  const ahead = new ReadAhead(items, 2);
  const iterator = ahead.items();
  t.equal((await iterator.next()).value?.number, 0);
  await new Promise(setImmediate);
  t.strictSame(made, [0, 1, 2]);
  await iterator.next();
  await new Promise(setImmediate);
  t.strictSame(made, [0, 1, 2, 3]);
  t.strictSame(released, [0]);
  await iterator.return(undefined);
  await ahead.stop();
  t.strictSame(released.sort(), [0, 1, 2, 3]);
});

t.test('a consumer that takes all gets all, in order', async (t) => {
  const { released, items } = source(5);
  const ahead = new ReadAhead(items, 3);
  const seen: number[] = [];
  for await (const { number } of ahead.items()) seen.push(number);
  await ahead.stop();
  t.strictSame(seen, [0, 1, 2, 3, 4]);
  t.strictSame(released, seen);
});

t.test('a failure comes after what was made before it', async (t) => {
  const { released, items } = source(5, 2);
  const ahead = new ReadAhead(items, 3);
  const seen: number[] = [];
  const consume = async () => {
    for await (const { number } of ahead.items()) seen.push(number);
  };
  await t.rejects(consume(), { message: 'the source broke' });
  await ahead.stop();
  t.strictSame(seen, [0, 1]);
  t.strictSame(released, seen);
});
