/** A load's id, made by Copydock or given by the client with PUT: it fits into URLs, job ids and application names. */
export const LOAD_ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$';

const loadId = new RegExp(LOAD_ID_PATTERN);

export function isLoadId(value: string): boolean {
  return loadId.test(value);
}
