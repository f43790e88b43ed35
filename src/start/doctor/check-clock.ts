import type { ClockReading } from '../../postgres/inspect/server.js';
import { type Finding, failed, ok, warning } from './check.js';

const NOTICED_MS = 5_000;
/** S3 refuses what is signed by a clock that is 15 minutes off. */
const REFUSED_MS = 300_000;
const HINT = 'set the clocks by NTP';

/** Leases run by the control database's clock alone; names, logs and signatures by this process's. */
export function judgeClock({ aheadMs, uncertaintyMs }: ClockReading, { signs }: { signs: boolean }): Finding {
  const offMs = Math.max(0, Math.abs(aheadMs) - uncertaintyMs);
  if (offMs <= NOTICED_MS) return ok(`less than ${NOTICED_MS / 1_000} s from this process's`);
  const found = `${Math.round(offMs / 1_000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this process's`;
  return signs && offMs > REFUSED_MS ? failed(found, HINT) : warning(found, HINT);
}
