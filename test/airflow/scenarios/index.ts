import type { Scenario } from '../scenario.js';
import { cleared, markedFailed, unknownId, waitTimesOut } from './ends.js';
import { answerLost, copydockRestarted, failedLoad, mapped, slowLoad, workerDown } from './outages.js';
import { success, successByMode, twoRuns, variableMissing, wrongBucket } from './states.js';

export const SCENARIOS: Scenario[] = [
  success,
  successByMode,
  failedLoad,
  slowLoad,
  copydockRestarted,
  workerDown,
  cleared,
  answerLost,
  variableMissing,
  wrongBucket,
  twoRuns,
  mapped,
  unknownId,
  waitTimesOut,
  markedFailed,
];
