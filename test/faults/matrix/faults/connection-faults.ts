import { APPLYING_COMMIT } from '../../harness/statement-faults.js';
import type { Moment } from '../moments.js';
import type { Play } from '../play.js';
import type { FaultKind } from './fault-kind.js';

type Server = 'control' | 'target' | 'redis' | 's3';

/** Every connection is reset while the worker stands still, or the next one; new ones are taken. */
function cutConnections(server: Server): (play: Play) => Promise<void> {
  return async (play) => {
    const proxy = play.world.proxies[server];
    const cutBefore = proxy.fired.cut;
    await play.submitAndStrike(async () => proxy.cutNowOrNext());
    await play.waitUntil('a connection is cut', async () => proxy.fired.cut > cutBefore);
  };
}

/** Nothing passes until the worker has noticed by itself. */
async function silenceTarget(play: Play): Promise<void> {
  const { target } = play.world.proxies;
  await play.submitAndStrike(async () => target.blackHole());
  await play.waitUntil('the silence is noticed', async () => {
    const { done, waiting_for: waitingFor } = await play.load();
    return done === true || waitingFor?.reason === 'retry' || waitingFor?.reason === 'target';
  });
  play.t.ok(target.fired.black_hole > 0, 'something was held back');
  target.heal();
}

async function loseCommitAnswer(play: Play): Promise<void> {
  const lost = play.world.proxies.target.atStatement({ ...APPLYING_COMMIT, effect: 'swallow_and_cut' });
  await play.submit();
  await lost.waitUntilFired();
}

async function withholdCommitAnswer(play: Play): Promise<void> {
  await play.submitAndStrike(async () => {});
}

/** The statement of the control database that writes each moment down. */
const WRITTEN_BY: Partial<Record<Moment, RegExp>> = {
  accepted: /SET lease_token = nextval/,
  planned: /INSERT INTO copydock\.plans/,
  staging: /UPDATE copydock\.parts SET etag/,
  copying: /INSERT INTO copydock\.parts/,
  before_commit: /UPDATE copydock\.loads SET status/,
  after_commit: /WITH ended AS/,
  cleaning: /SET empty_cleanups/,
};

/** The statement is done, and its answer is lost with the connection. */
async function loseControlAnswer(play: Play): Promise<void> {
  const statement = WRITTEN_BY[play.cell.moment];
  if (statement === undefined) throw new Error(`nothing is written at ${play.cell.moment}`);
  const lose = () => play.world.proxies.control.atStatement({ statement, effect: 'swallow_and_cut' });
  if (play.cell.moment !== 'before_commit') {
    const lost = lose();
    await play.submit();
    return lost.waitUntilFired();
  }
  const atCopying = await play.worker.arm({ step: 'copying', act: 'pause', load: play.id });
  await play.submit();
  await atCopying.fired();
  const lost = lose();
  play.worker.resume();
  await lost.waitUntilFired();
}

export const CONNECTION_FAULTS = {
  cut_control: { title: 'connections to the control database cut', play: cutConnections('control') },
  cut_target: { title: 'connections to the target cut', play: cutConnections('target') },
  cut_redis: { title: 'connections to Redis cut', play: cutConnections('redis') },
  cut_s3: { title: 'connections to S3 cut', play: cutConnections('s3') },
  silent_target: { title: 'target falls silent', play: silenceTarget },
  commit_answer_lost: { title: "COMMIT's answer lost, connection cut", play: loseCommitAnswer },
  commit_answer_withheld: { title: "COMMIT's answer lost, connection stays", play: withholdCommitAnswer },
  control_answer_lost: { title: 'answer of the control database lost', play: loseControlAnswer },
} satisfies Record<string, FaultKind>;
