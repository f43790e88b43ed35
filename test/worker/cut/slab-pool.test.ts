import t from 'tap';
import { SlabPool } from '../../../src/worker/cut/slab-pool.js';

const never = new AbortController().signal;

t.test('whoever wants a slab when all are out waits for one to come back, in order', async (t) => {
  const pool = new SlabPool({ slabBytes: 4, totalBytes: 8 });
  const [first, second] = await Promise.all([pool.acquire(never), pool.acquire(never)]);
  const served: string[] = [];
  const third = pool.acquire(never).then((slab) => {
    served.push('third');
    return slab;
  });
  const fourth = pool.acquire(never).then((slab) => {
    served.push('fourth');
    return slab;
  });
  await Promise.resolve();
  t.same(served, []);
  first.release();
  t.equal((await third).bytes, first.bytes);
  t.same(served, ['third']);
  second.release();
  await fourth;
  t.same(served, ['third', 'fourth']);
});

t.test('a slab that is released twice is lent once', async (t) => {
  const pool = new SlabPool({ slabBytes: 4, totalBytes: 8 });
  const first = await pool.acquire(never);
  first.release();
  first.release();
  const [a, b] = await Promise.all([pool.acquire(never), pool.acquire(never)]);
  t.not(a.bytes, b.bytes);
});

t.test('who gives up while waiting takes no slab from the others', async (t) => {
  const pool = new SlabPool({ slabBytes: 4, totalBytes: 8 });
  const held = await Promise.all([pool.acquire(never), pool.acquire(never)]);
  const controller = new AbortController();
  const waiting = pool.acquire(controller.signal);
  const patient = pool.acquire(never);
  controller.abort(new Error('enough'));
  await t.rejects(waiting, { message: 'enough' });
  held[0].release();
  t.equal((await patient).bytes, held[0].bytes);
  t.throws(() => pool.acquire(controller.signal), { message: 'enough' });
});

t.test('there are always two slabs, however little memory is allowed', async (t) => {
  const pool = new SlabPool({ slabBytes: 16, totalBytes: 1 });
  const slabs = await Promise.all([pool.acquire(never), pool.acquire(never)]);
  t.same(
    slabs.map(({ bytes }) => bytes.length),
    [16, 16],
  );
});
