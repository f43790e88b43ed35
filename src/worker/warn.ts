import { addWarnings } from '../postgres/control-database/transitions.js';
import type { LoadRun } from './load-run.js';

/** Reports with the load, and in its log, what it does other than its caller may think. */
export async function warn(run: LoadRun, warnings: string[]): Promise<void> {
  if (warnings.length === 0) return;
  await addWarnings(run.control, run.load, warnings);
  for (const warning of warnings) await run.log('warning', warning);
}
