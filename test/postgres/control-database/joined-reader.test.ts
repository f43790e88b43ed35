import type pg from 'pg';
import t from 'tap';
import { JoinedReader } from '../../../src/postgres/control-database/joined-reader.js';
import { readLoads } from '../../../src/postgres/control-database/read-loads.js';
import { acceptedLoad, changeLoad, createControlDatabase } from './control-database.js';

const { pool, store } = await createControlDatabase(t);

/** The real pool, whose answers to the reader are held back one by one. */
class HeldPool {
  sent = 0;
  isHeld = false;
  #held: (() => void)[] = [];

  async query(...args: Parameters<pg.Pool['query']>): Promise<unknown> {
    this.sent += 1;
    const answer = await pool.query(...args);
    if (this.isHeld) await new Promise<void>((release) => this.#held.push(release));
    return answer;
  }

  /** Resolves once so many answers are held. */
  async untilHeld(count: number): Promise<void> {
    while (this.#held.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  releaseFirst(): void {
    this.#held.shift()?.();
  }
}

function makeReader() {
  const held = new HeldPool();
  return { held, reader: new JoinedReader((ids) => readLoads(held as unknown as pg.Pool, ids)) };
}

async function accept(): Promise<string> {
  return (await store.accept(acceptedLoad())).load.id;
}

t.test('a crowd of readers is answered by one query, each with its own load', async (t) => {
  const ids = [await accept(), await accept(), 'nobody'];
  const { held, reader } = makeReader();
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => reader.get(ids[index % 3] ?? '')),
  );
  t.equal(held.sent, 1);
  for (const [index, answer] of answers.entries()) {
    t.equal(answer?.id, index % 3 === 2 ? undefined : ids[index % 3]);
  }
});

t.test('nobody gets an answer that is older than the question', async (t) => {
  const id = await accept();
  const { held, reader } = makeReader();
  held.isHeld = true;
  const first = reader.get(id);
  await held.untilHeld(1);
  await changeLoad(pool, id, "status = 'staging'");
  const second = reader.get(id);
  await held.untilHeld(2);
  const third = reader.get(id);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(held.sent, 2, 'no more than two queries at once');
  await changeLoad(pool, id, "status = 'copying'");
  const fourth = reader.get(id);
  held.isHeld = false;
  held.releaseFirst();
  t.equal((await third)?.status, 'copying', 'it was asked after the second query was sent');
  t.equal((await fourth)?.status, 'copying');
  t.equal(held.sent, 3, 'those who waited were answered together');
  held.releaseFirst();
  t.equal((await first)?.status, 'queued');
  t.equal((await second)?.status, 'staging');
});

t.test('a failure reaches all that asked together, and nobody after them', async (t) => {
  const id = await accept();
  const { held, reader } = makeReader();
  const broken = new Error('the connection is gone');
  held.query = async () => Promise.reject(broken);
  const answers = await Promise.allSettled([reader.get(id), reader.get(id)]);
  t.strictSame(
    answers.map((answer) => answer.status === 'rejected' && answer.reason),
    [broken, broken],
  );
  held.query = (...args) => HeldPool.prototype.query.apply(held, args);
  t.equal((await reader.get(id))?.id, id);
});
