import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { listTestObjects, testS3Client } from '../../../services/s3.js';
import type { S3Effect, S3Rule } from '../../harness/s3-proxy.js';
import type { Play } from '../play.js';
import type { FaultKind } from './fault-kind.js';
import { crashAndRestart } from './server-faults.js';

/** More than the SDK's own tries of one request, fewer than a load's. */
const FOR_A_WHILE = 6;
/** The object that is read last. */
const LAST_OBJECT = 2;

/** The request that makes each moment: the listing, a read of the source, an upload, a read of a staged part, the deletion. */
function requestAt({ cell, world, scenario }: Play): Pick<S3Rule, 'method' | 'url' | 'skip'> {
  const { source, staging } = world;
  const stagedParts = new RegExp(`^/${staging}/tmp/postgres-copy/${scenario.table}-`);
  switch (cell.moment) {
    case 'accepted':
      return { method: 'GET', url: new RegExp(`^/${source}/?\\?.*prefix=${scenario.table}`) };
    case 'planned':
      return { method: 'GET', url: new RegExp(`^/${source}/${scenario.objectKey(1)}`) };
    case 'staging':
      return { method: 'PUT', url: stagedParts, skip: 2 };
    case 'copying':
      return { method: 'GET', url: stagedParts, skip: 2 };
    case 'cleaning':
      return { method: 'POST', url: new RegExp(`^/${staging}/?\\?delete`) };
    default:
      throw new Error(`no request to S3 at ${cell.moment}`);
  }
}

function meetRequests(effect: S3Effect, times?: number): (play: Play) => Promise<void> {
  return async (play) => {
    const isResumed = play.cell.moment === 'copying';
    if (isResumed) await stageAndStop(play);
    const fault = play.world.proxies.s3Requests.at({
      ...requestAt(play),
      effect,
      ...(times === undefined ? {} : { times }),
    });
    if (isResumed) await play.crew.replace();
    else await play.submit();
    await fault.waitUntilFired(times ?? 1);
  };
}

/** A direct load copies what it cuts; only a worker that goes on with it reads staged parts. */
async function stageAndStop(play: Play): Promise<void> {
  const worker = await play.submitAndAct('SIGTERM');
  await worker.exited;
}

async function refuseDeletion(play: Play): Promise<void> {
  const fault = play.world.proxies.s3Requests.at({ ...requestAt(play), effect: 'forbidden' });
  await play.submit();
  await fault.waitUntilFired();
  await play.waitUntil(
    'the failure is reported',
    async () => (await play.load()).cleanup?.status === 'failed',
  );
  const { status, cleanup } = await play.load();
  play.t.equal(status, 'succeeded', 'the outcome stays');
  play.t.match(cleanup.detail, /S3 refuses access to the staging bucket/);
  play.t.match(
    await play.logLines(/Failed to clean up temporary files \(non-critical\)/),
    [/S3/],
    'it is logged',
  );
  play.world.proxies.s3Requests.heal();
  await play.world.inControl('UPDATE copydock.plans SET cleanup_due_at = now() WHERE load_id = $1', [
    play.id,
  ]);
}

function changeSource(play: Play): Promise<void> {
  return play.submitAndStrike(async () => {
    await play.scenario.putObject(LAST_OBJECT, 'changed');
  });
}

function deleteSource(play: Play): Promise<void> {
  return play.submitAndStrike(async () => {
    const Key = play.scenario.objectKey(LAST_OBJECT);
    await testS3Client().send(new DeleteObjectCommand({ Bucket: play.world.source, Key }));
    play.t.notOk((await listTestObjects(play.world.source, Key)).includes(Key), 'the object is gone');
  });
}

/** Staged objects are read back by a worker that goes on with a direct load, and after a crash of the target. */
async function loseStagedObject(play: Play): Promise<void> {
  if (play.cell.moment === 'copying') {
    await stageAndStop(play);
    await deleteStagedObject(play);
    await play.crew.replace();
    return;
  }
  await play.submitAndStrike(async () => {
    await crashAndRestart(play.world.servers.target);
    await deleteStagedObject(play);
  });
}

async function deleteStagedObject({ world, scenario, t }: Play): Promise<void> {
  const [Key] = await listTestObjects(world.staging, `tmp/postgres-copy/${scenario.table}-`);
  t.ok(Key, 'parts are staged');
  await testS3Client().send(new DeleteObjectCommand({ Bucket: world.staging, Key: Key ?? '' }));
}

export const S3_FAULTS = {
  s3_slow_down: {
    title: 'S3 answers 503 SlowDown for a while',
    play: meetRequests('slow_down', FOR_A_WHILE),
  },
  s3_reset: { title: 'S3 resets the connection in mid body', play: meetRequests('reset_mid_body', 1) },
  s3_forbidden: { title: 'S3 answers 403', play: meetRequests('forbidden') },
  s3_refuses_deletion: { title: 'S3 refuses the clean-up', play: refuseDeletion },
  source_changed: { title: 'source object changed', play: changeSource },
  source_deleted: { title: 'source object deleted', play: deleteSource },
  staged_object_lost: {
    title: 'staged object missing',
    play: loseStagedObject,
    check: async (play) => {
      play.t.match(
        await play.logLines(/Trying again/),
        [/A staged object is gone/],
        'the missing object is named',
      );
    },
  },
} satisfies Record<string, FaultKind>;
