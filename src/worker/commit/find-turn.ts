import { findEarlierLoad } from '../../postgres/control-database/order.js';
import { endLeftBackends } from '../../postgres/target-database/zombies.js';
import type { LoadRun } from '../load-run.js';

/**
 * The earlier load of the scope that must end before this one may claim the scope, or null: it is this load's turn. An
 * earlier load may come back by a retry while this one commits; two that go on claiming would fence each other out for
 * ever. A load that waits at `committing` leaves no backend behind, since it may hold the lock that the earlier one needs.
 */
// model: turn, wait_for_earlier
export async function findTurn(run: LoadRun): Promise<string | null> {
  const earlierLoad = await findEarlierLoad(run.control, run.load);
  if (earlierLoad !== null && run.status === 'committing') {
    await endLeftBackends(await run.target(), run.identity, run.signal);
  }
  return earlierLoad;
}
