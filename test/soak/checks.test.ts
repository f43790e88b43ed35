import t from 'tap';
import { checkAccepted, checkAnswers, checkCancels, checkLitter, checkOutcomes } from './check-loads.js';
import { checkAppliedOnce, checkContent, checkOrder, checkReceipts, checkSightings } from './check-target.js';
import type { Facts, Receipt } from './facts.js';
import type { PlannedLoad } from './planned-load.js';

const CHECKS = {
  checkAccepted,
  checkOutcomes,
  checkCancels,
  checkAppliedOnce,
  checkOrder,
  checkContent,
  checkSightings,
  checkReceipts,
  checkAnswers,
  checkLitter,
};

function planned(tag: string, ids: number[]): PlannedLoad {
  return {
    tag,
    atMs: 0,
    kind: 'full',
    dataSet: 'alpha',
    scope: 'entity/alpha',
    table: 'entity',
    strategy: null,
    flaw: null,
    isMended: false,
    submission: 'put',
    cancelAfterMs: null,
    retries: 0,
    sampleRows: null,
    objects: [ids.map((id, line) => ({ id, dataset: 'alpha', load: tag, line }))],
  };
}

function receipt(inserted: number, deleted: number): Receipt {
  const none = { rejected: 0, deduplicated: 0, filtered: 0, updated: 0, unchanged: 0 };
  return { read: inserted, loaded: inserted, inserted, deleted, ...none };
}

/** Two full loads of one data set, one after the other, with nothing wrong. */
function goodFacts(): Facts {
  const loads = [planned('L1', [1, 2]), planned('L2', [2, 3, 4])];
  const receipts = [receipt(2, 0), receipt(3, 2)];
  const told = loads.map(({ tag }, index) => ({
    id: tag.toLowerCase(),
    tag,
    order: index + 1,
    receipt: receipts[index] ?? receipt(0, 0),
  }));
  return {
    played: loads.map((load) => ({
      load,
      ids: new Set([load.tag.toLowerCase()]),
      refusal: null,
      isCancelTaken: false,
      endAfterCancel: null,
    })),
    loads: told.map((load) => ({
      ...load,
      status: 'succeeded',
      attempt: 1,
      errorCode: null,
      isLeased: false,
    })),
    committed: told.map(({ id, order, receipt }) => ({
      id,
      order,
      token: order,
      scope: 'entity/alpha',
      receipt,
      transaction: `10${order}`,
    })),
    fences: [{ scope: 'entity/alpha', token: 2, lastOrder: 2, lastLoad: 'l2' }],
    writers: [
      { load: 'L1', transaction: '101', rows: 2 },
      { load: 'L2', transaction: '102', rows: 3 },
    ],
    tables: new Map([
      [
        'entity/alpha',
        [
          { id: '2', mark: 'L2:0' },
          { id: '3', mark: 'L2:1' },
          { id: '4', mark: 'L2:2' },
        ],
      ],
    ]),
    sightings: new Map([['entity/alpha', ['', 'L1:2:1', 'L2:3:3']]]),
    litter: { objects: [], tables: [], backends: [], transactions: [], jobs: 0, uncleanPlans: 0 },
    answers: new Map(
      told.map(({ id }) => {
        const status = { http: 200, status: 'succeeded', attempt: 1 };
        return [id, [{ status, gate: { http: 200 }, settled: status }]];
      }),
    ),
    processFaults: [],
  };
}

function complaints(facts: Facts): string[] {
  return Object.entries(CHECKS).flatMap(([name, check]) => (check(facts).length > 0 ? [name] : []));
}

t.test('where all is well nobody complains', async (t) => {
  t.strictSame(complaints(goodFacts()), []);
});

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error('no such item');
  return item;
}

/** What goes wrong, and who must notice it. */
const WRONGS: [string, (facts: Facts) => void, string][] = [
  ['a load hangs', (facts) => Object.assign(at(facts.loads, 1), { status: 'copying' }), 'checkAccepted'],
  ['a load is forgotten', (facts) => facts.loads.pop(), 'checkAccepted'],
  ['one key is two loads', (facts) => at(facts.played, 0).ids.add('other'), 'checkAccepted'],
  ['a lease is left', (facts) => Object.assign(at(facts.loads, 0), { isLeased: true }), 'checkAccepted'],
  [
    'a bad load succeeds',
    (facts) => Object.assign(at(facts.played, 0).load, { flaw: 'bad_value' }),
    'checkOutcomes',
  ],
  [
    'a good load fails for no reason of the faults',
    (facts) => Object.assign(at(facts.loads, 0), { status: 'failed', errorCode: 'internal_error' }),
    'checkOutcomes',
  ],
  [
    'a load goes on after its cancel was taken',
    (facts) => Object.assign(at(facts.played, 0), { isCancelTaken: true, endAfterCancel: 'succeeded' }),
    'checkCancels',
  ],
  ['success without a row in committed_loads', (facts) => facts.committed.pop(), 'checkAppliedOnce'],
  [
    'failed, but applied',
    (facts) => Object.assign(at(facts.loads, 0), { status: 'failed', errorCode: 'worker_lost' }),
    'checkAppliedOnce',
  ],
  [
    'applied by two transactions',
    (facts) => facts.writers.push({ load: 'L2', transaction: '109', rows: 3 }),
    'checkAppliedOnce',
  ],
  [
    'rows and record in two transactions',
    (facts) => Object.assign(at(facts.committed, 1), { transaction: '110' }),
    'checkAppliedOnce',
  ],
  ['applied in another order', (facts) => Object.assign(at(facts.committed, 0), { order: 9 }), 'checkOrder'],
  ['the fence is behind', (facts) => Object.assign(at(facts.fences, 0), { lastOrder: 1 }), 'checkOrder'],
  ['a row is missing', (facts) => facts.tables.get('entity/alpha')?.pop(), 'checkContent'],
  [
    'an old row is left',
    (facts) => facts.tables.get('entity/alpha')?.push({ id: '1', mark: 'L1:0' }),
    'checkContent',
  ],
  [
    'a reader sees a mix',
    (facts) => facts.sightings.set('entity/alpha', ['', 'L1:2:1', 'L1:1:0 L2:3:3', 'L2:3:3']),
    'checkSightings',
  ],
  [
    'a reader sees an emptied table',
    (facts) => facts.sightings.set('entity/alpha', ['', 'L1:2:1', '', 'L2:3:3']),
    'checkSightings',
  ],
  [
    'a reader sees an old load again',
    (facts) => facts.sightings.set('entity/alpha', ['L2:3:3', 'L1:2:1']),
    'checkSightings',
  ],
  [
    'a receipt does not balance',
    (facts) => Object.assign(at(facts.committed, 1).receipt, { filtered: 1 }),
    'checkReceipts',
  ],
  [
    'a receipt counts what the model does not',
    (facts) => Object.assign(at(facts.committed, 1).receipt, { deleted: 1 }),
    'checkReceipts',
  ],
  [
    'an API tells otherwise',
    (facts) => Object.assign(at(facts.answers.get('l1') ?? [], 0).gate, { http: 404 }),
    'checkAnswers',
  ],
  ['an object is left', (facts) => facts.litter.objects.push('tmp/x'), 'checkLitter'],
  ['a job is left', (facts) => Object.assign(facts.litter, { jobs: 1 }), 'checkLitter'],
  ['a process ends by itself', (facts) => facts.processFaults.push('worker 0 ended'), 'checkLitter'],
];

for (const [what, spoil, noticedBy] of WRONGS) {
  t.test(`it is noticed: ${what}`, async (t) => {
    const facts = goodFacts();
    spoil(facts);
    t.ok(complaints(facts).includes(noticedBy), `${noticedBy} complains; those who do: ${complaints(facts)}`);
  });
}
