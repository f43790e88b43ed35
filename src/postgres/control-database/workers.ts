import type { ControlConnection } from './connection.js';

/** Says that this worker process lives and which environments it serves; forgets those silent for an hour. */
export async function reportWorkerAlive(
  control: ControlConnection,
  workerId: string,
  environments: string[],
): Promise<void> {
  await control.query(
    `INSERT INTO copydock.workers (id, environments) VALUES ($1, $2)
     ON CONFLICT (id) DO UPDATE SET environments = excluded.environments, last_seen_at = now()`,
    [workerId, environments],
  );
  await control.query(`DELETE FROM copydock.workers WHERE last_seen_at < now() - interval '1 hour'`);
}

export async function reportWorkerGone(control: ControlConnection, workerId: string): Promise<void> {
  await control.query('DELETE FROM copydock.workers WHERE id = $1', [workerId]);
}

/** Identity of this control database, which the fences of its targets carry. */
export async function readControlId(control: ControlConnection): Promise<string> {
  const { rows } = await control.query<{ control_id: string }>(
    'SELECT control_id FROM copydock.control_state',
  );
  const id = rows[0]?.control_id;
  if (id === undefined) throw new Error('copydock.control_state is empty');
  return id;
}
