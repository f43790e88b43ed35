import type { Plan } from './plan-document.js';

/**
 * PostgreSQL names the table that refused a row: one of the plan's own, which its users have never heard of. Puts the
 * target's name there instead.
 */
export function nameTarget(error: unknown, { stagingTable, plan }: Plan): void {
  if (!(error instanceof Error)) return;
  const fault: Error & { table?: string | undefined; detail?: string | undefined } = error;
  const name = new RegExp(`${stagingTable}(_new|_old)?`, 'g');
  fault.message = fault.message.replace(name, plan.target.table);
  fault.detail = fault.detail?.replace(name, plan.target.table);
  fault.table = fault.table?.replace(name, plan.target.table);
}
