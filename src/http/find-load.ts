import { CopydockError, shortenValue } from '../loads/errors.js';
import type { Load } from '../loads/load.js';
import { isLoadId } from '../loads/load-id.js';
import { requireEnvironment } from './auth.js';
import type { LoadOperations, Principal } from './operations.js';

export function requireLoadId(id: string): void {
  if (isLoadId(id)) return;
  throw new CopydockError('invalid_id', `id ${shortenValue(JSON.stringify(id))} is not an id of a load.`, {
    field: 'id',
  });
}

/** @throws CopydockError invalid_id, load_unknown, forbidden, unavailable */
export async function findLoad(service: LoadOperations, id: string, principal: Principal): Promise<Load> {
  requireLoadId(id);
  const load = await service.get(id);
  if (!load) throw loadUnknown(id);
  requireEnvironment(principal, load.env);
  return load;
}

export function loadUnknown(id: string): CopydockError {
  return new CopydockError('load_unknown', `No load has the id ${id}.`);
}
