import type { Test } from 'tap';
import type { BreakableServers } from '../harness/servers.js';
import { startWorld, type World } from '../harness/world.js';
import type { Backend } from './results.js';
import { tableName } from './scenario.js';

/** A world whose configuration knows the tables of `count` scenarios, with an API. */
export async function startMatrixWorld(
  t: Test,
  backend: Backend,
  servers: BreakableServers,
  count: number,
): Promise<World> {
  const names = Array.from({ length: count }, (_, index) => tableName(index + 1));
  const tables = Object.fromEntries(names.map((name) => [name, { scope_column: 'owner' }]));
  const world = await startWorld(t, {
    backend,
    servers,
    config: { environment: { parallelism: 2 }, tables },
  });
  await world.startApi();
  return world;
}
