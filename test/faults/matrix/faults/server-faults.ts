import { Redis } from 'ioredis';
import type { BreakablePostgres } from '../../harness/servers.js';
import type { Play } from '../play.js';
import type { FaultKind } from './fault-kind.js';

function crashPostgres(name: 'control' | 'target'): (play: Play) => Promise<void> {
  return (play) =>
    play.submitAndStrike(async () => {
      const startedBefore = await readStart(play, name);
      await crashAndRestart(play.world.servers[name]);
      play.t.notSame(await readStart(play, name), startedBefore, 'it is another server');
    });
}

export async function crashAndRestart(server: BreakablePostgres): Promise<void> {
  await server.stopImmediately();
  await server.start();
}

async function readStart({ world }: Play, name: 'control' | 'target'): Promise<unknown> {
  const ask = () => world[name].query<{ at: Date }>('SELECT pg_postmaster_start_time() AS at');
  // The pool may still lend a connection of the server that is gone.
  const { rows } = await ask().catch(ask);
  return rows[0]?.at;
}

/** After accept the job waits in the queue: there must be no worker that could take it. */
async function strikeRedis(play: Play, strike: () => Promise<void>): Promise<void> {
  if (play.cell.moment !== 'accepted') return play.submitAndStrike(strike);
  await play.crew.dismiss();
  await play.submit();
  await play.waitUntil('the job is queued', async () => (await play.world.countJobs()) > 0);
  await strike();
  play.t.equal(await play.world.countJobs(), 0, 'the job is lost');
  await play.crew.replace();
}

function flushRedis(play: Play): Promise<void> {
  return strikeRedis(play, async () => {
    const client = new Redis(play.world.servers.redis.url);
    play.t.equal(await client.flushall(), 'OK', 'everything is deleted');
    client.disconnect();
  });
}

function restartRedis(play: Play): Promise<void> {
  return strikeRedis(play, async () => {
    await play.world.servers.redis.kill();
    await play.world.servers.redis.start();
    const client = new Redis(play.world.servers.redis.url);
    play.t.ok(
      Number(/uptime_in_seconds:(\d+)/.exec(await client.info('server'))?.[1]) < 60,
      'it is another Redis',
    );
    client.disconnect();
  });
}

export const SERVER_FAULTS = {
  crash_control: { title: 'control database crashes and comes back', play: crashPostgres('control') },
  crash_target: {
    title: 'target crashes and comes back, UNLOGGED tables empty',
    play: crashPostgres('target'),
  },
  flush_redis: { title: 'Redis FLUSHALL', play: flushRedis },
  restart_redis: { title: 'Redis restarts without persistence', play: restartRedis },
} satisfies Record<string, FaultKind>;
