import { writeFile } from 'node:fs/promises';
import pg from 'pg';
import t from 'tap';
import { startStack } from '../worker/stack.js';
import { judge, type Verdict } from './compare.js';
import { makeCase } from './make-case.js';
import { createTarget, playCase } from './play-case.js';
import { readOtherwise } from './read-otherwise.js';
import { formatCase, summarise } from './report.js';

/** Services of their own, so that what one case sets is no other's. */
const LANES = 3;
/** The largest part; cases set smaller ones. */
const SLAB_BYTES = 4096;

const cases = Number(process.env.FUZZ_CASES);
const firstSeed = Number(process.env.FUZZ_SEED);
const report = process.env.FUZZ_REPORT ?? '/dev/null';

t.setTimeout(0);

t.test(`${cases} cases from seed ${firstSeed}`, async (t) => {
  const verdicts: Verdict[] = [];
  let next = 0;
  const playLane = async () => {
    const stack = await startStack(t, {
      backend: 'redis',
      worker: { partSizeBytes: SLAB_BYTES, bufferBytes: 64 * SLAB_BYTES },
    });
    await createTarget(stack);
    const client = new pg.Client(stack.databaseUrl);
    await client.connect();
    t.teardown(() => client.end());
    while (next < cases) {
      const fuzzCase = makeCase(firstSeed + next);
      next += 1;
      const outcome = await playCase(stack, fuzzCase);
      const verdict = judge(fuzzCase, outcome, await readOtherwise(client, fuzzCase));
      verdicts.push(verdict);
      if (verdict.fault !== null)
        t.fail(`seed ${fuzzCase.seed}: ${verdict.fault}`, { case: formatCase(fuzzCase) });
      if (verdicts.length % 100 === 0) await writeReport(verdicts);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, cases) }, playLane));
  await writeReport(verdicts);
  const accepted = verdicts.filter(({ kind }) => kind === 'both accept').length;
  if (cases >= 100) t.ok(accepted >= 0.7 * cases, `${accepted} of ${cases} cases are accepted by both`);
  t.equal(verdicts.length, cases);
});

/** Tests' own output is kept back by the reporter. */
async function writeReport(verdicts: readonly Verdict[]): Promise<void> {
  await writeFile(report, summarise(verdicts));
}
