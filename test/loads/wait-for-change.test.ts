import t from 'tap';
import type { Load } from '../../src/loads/load.js';
import type { LoadStatus } from '../../src/loads/load-status.js';
import { type KnownState, waitForChange } from '../../src/loads/wait-for-change.js';

const LONG_MS = 20_000;

/** A load that a test changes by hand; only what waiting looks at is filled in. */
function changingLoad() {
  const load = { id: 'x', version: 1, attempt: 1, status: 'queued' as LoadStatus };
  const subscribers = new Set<() => void>();
  let onRead = () => {};
  return {
    subscribers,
    read: async () => {
      const seen = { ...load } as Load;
      onRead();
      return seen;
    },
    subscribe: (onChange: () => void) => {
      subscribers.add(onChange);
      return () => subscribers.delete(onChange);
    },
    change(changes: Partial<typeof load>) {
      Object.assign(load, { version: load.version + 1 }, changes);
      for (const onChange of subscribers) onChange();
    },
    /** Runs once the load was read for the first time, before the reader looks at it. */
    afterFirstRead(act: () => void) {
      onRead = () => {
        onRead = () => {};
        act();
      };
    },
  };
}

function wait(load: ReturnType<typeof changingLoad>, known: KnownState, timeoutMs = LONG_MS) {
  return waitForChange(load.read, load.subscribe, known, timeoutMs, new AbortController().signal);
}

const differing: [title: string, known: KnownState][] = [
  ['another version', { version: 7 }],
  ['another status', { status: 'staging', attempt: 1 }],
  ['another attempt', { status: 'queued', attempt: 2 }],
];
for (const [title, known] of differing) {
  t.test(`answers at once where the caller knows ${title}`, async (t) => {
    const load = changingLoad();
    t.match(await wait(load, known), { version: 1 });
    t.equal(load.subscribers.size, 0);
  });
}

t.test('answers at once where the load is terminal', async (t) => {
  const load = changingLoad();
  load.change({ status: 'failed' });
  t.match(await wait(load, { version: 2 }), { status: 'failed' });
});

t.test('a change between the read and the wait is not missed', async (t) => {
  const load = changingLoad();
  load.afterFirstRead(() => load.change({ status: 'staging' }));
  t.match(await wait(load, { status: 'queued', attempt: 1 }), { status: 'staging', version: 2 });
});

t.test('by version any change answers, by status only a change of status or attempt', async (t) => {
  const load = changingLoad();
  const byVersion = wait(load, { version: 1 });
  const byStatus = wait(load, { status: 'queued', attempt: 1 });
  const byNothing = wait(load, {});
  load.change({});
  t.match(await byVersion, { version: 2, status: 'queued' });
  load.change({ status: 'staging' });
  t.match(await byStatus, { version: 3, status: 'staging' });
  t.match(await byNothing, { version: 3, status: 'staging' });
});

t.test('when the time is up the load is answered as it is', async (t) => {
  const load = changingLoad();
  t.match(await wait(load, { version: 1 }, 1), { version: 1 });
  t.equal(load.subscribers.size, 0);
});

t.test('a caller that goes ends the wait, also one that has gone already', async (t) => {
  const load = changingLoad();
  const leaving = new AbortController();
  load.afterFirstRead(() => leaving.abort());
  t.match(await waitForChange(load.read, load.subscribe, { version: 1 }, LONG_MS, leaving.signal), {
    version: 1,
  });
  t.match(await waitForChange(load.read, load.subscribe, { version: 1 }, LONG_MS, AbortSignal.abort()), {
    version: 1,
  });
  t.equal(load.subscribers.size, 0);
});

t.test('an unknown load is null, and a failing read fails the wait and leaves nothing', async (t) => {
  const load = changingLoad();
  const signal = new AbortController().signal;
  t.equal(await waitForChange(async () => null, load.subscribe, { version: 1 }, LONG_MS, signal), null);
  const failing = () => Promise.reject(new Error('the database is away'));
  await t.rejects(waitForChange(failing, load.subscribe, {}, LONG_MS, signal), /away/);
  t.equal(load.subscribers.size, 0);
});
