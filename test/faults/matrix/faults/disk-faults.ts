import type { World } from '../../harness/world.js';
import type { Play } from '../play.js';
import { openSmallDisk, type SmallDisk } from '../small-disk.js';
import type { FaultKind } from './fault-kind.js';

/** A load is tried so often without progress; see docs/commit-protocol.md. */
const LAST_TRY = 5;
const disks = new WeakMap<World, SmallDisk>();

/** One for all cells of a world: what is made from now on is on the small disk. */
async function openTablespace({ ground, world }: Play): Promise<SmallDisk> {
  const opened = disks.get(world);
  if (opened !== undefined) return opened;
  const disk = await openSmallDisk(ground);
  const [row] = await world.inTarget('SELECT current_database() AS name');
  await world.inTarget(`CREATE TABLESPACE small LOCATION '${disk.folder}'`);
  await world.inTarget(`ALTER DATABASE ${row?.name} SET default_tablespace = small`);
  disks.set(world, disk);
  return disk;
}

/** The disk is full from the cell's moment on; before commit: from when every part is copied. */
async function fillAtMoment(play: Play, disk: SmallDisk): Promise<void> {
  await play.world.inTarget(`ALTER TABLE ${play.scenario.table} SET TABLESPACE small`);
  await play.crew.dismiss();
  await play.crew.replace();
  const step = play.cell.moment === 'before_commit' ? 'copying' : 'part_copied';
  const armed = await play.worker.arm({ step, act: 'pause', load: play.id });
  await play.submit();
  await armed.fired();
  await disk.fill();
}

/** The load says what it waits for, and goes on once there is space. */
async function fillAndFree(play: Play): Promise<void> {
  const disk = await openTablespace(play);
  await fillAtMoment(play, disk);
  play.worker.resume();
  try {
    await play.waitUntil('the load waits', async () => (await play.load()).waiting_for?.reason === 'retry');
    const { waiting_for: waitingFor } = await play.load();
    play.t.match(waitingFor.detail, /next try in \d+ s: .*No space left on device/, 'it says for what');
  } finally {
    await disk.free();
  }
}

async function fillForGood(play: Play): Promise<void> {
  const disk = await openTablespace(play);
  await fillAtMoment(play, disk);
  await play.world.inControl(
    'UPDATE copydock.loads SET takeovers = $2, most_parts_done = 1000 WHERE id = $1',
    [play.id, LAST_TRY],
  );
  play.worker.resume();
  try {
    const { error } = await play.world.api.waitUntilDone(play.id);
    const explained = {
      sqlstate: '53100',
      detail: /No space left on device/,
      hint: /Once the cause is gone: .*retry/,
    };
    play.t.match(error, { code: 'target_full', ...explained }, 'it is explained');
  } finally {
    await disk.free();
  }
}

export const DISK_FAULTS = {
  disk_full: { title: 'disk of the target full for a while', play: fillAndFree },
  disk_stays_full: { title: 'disk of the target stays full', play: fillForGood },
} satisfies Record<string, FaultKind>;
