import type { Play } from '../play.js';
import type { FaultKind } from './fault-kind.js';

/** Before the step to committing the cancel wins; after it the answer says that it came too late. */
async function cancel(play: Play): Promise<void> {
  let http = 0;
  await play.submitAndStrike(async () => {
    ({ http } = await play.world.api.cancel(play.id));
  });
  const { moment } = play.cell;
  const isEnded = moment === 'cleaning' || moment === 'half_cleaned';
  const isTooLate = play.cell.expected === 'succeeded';
  play.t.equal(http, isEnded ? 200 : isTooLate ? 409 : 202, 'the answer says what will become of it');
}

export const CANCEL = { cancel: { title: 'cancel', play: cancel } } satisfies Record<string, FaultKind>;
