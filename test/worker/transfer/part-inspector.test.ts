import t from 'tap';
import type { LoadRun } from '../../../src/worker/load-run.js';
import type { Plan } from '../../../src/worker/plan/plan-document.js';
import type { FreshPart } from '../../../src/worker/transfer/cut-objects.js';
import { PartInspector } from '../../../src/worker/transfer/part-inspector.js';

const PLAN = { plan: { objects: [{ bucket: 'b', key: 'k.csv' }] } } as unknown as Plan;

/** A load whose target says that it is of this version; its other answers are of no interest. */
function loadInto(version: number): LoadRun {
  const target = async () => ({ query: async () => ({ rows: [{ version }] }) });
  return { target, load: { request: {} } } as unknown as LoadRun;
}

t.test('a line that would end the data is refused where the server would take it for the end', async (t) => {
  for (const [version, isRefused] of [
    [150_012, true],
    [170_006, true],
    [180_000, false],
  ] as const) {
    const inspector = await PartInspector.open(loadInto(version), PLAN);
    let released = 0;
    const part = {
      row: { part: 0, objectIndex: 0 },
      body: Buffer.from('a\n'),
      markerLine: 3,
      strayQuoteLine: null,
      mergingQuoteLine: null,
      release: () => {
        released += 1;
      },
    } as unknown as FreshPart;
    const inspect = () => inspector.inspect(part);
    if (isRefused)
      t.throws(inspect, { code: 'end_of_data_marker', report: { object: 's3://b/k.csv', line: 3 } });
    else inspect();
    t.equal(released, isRefused ? 1 : 0, `server ${version}`);
    part.markerLine = null;
    inspector.inspect(part);
  }
});
