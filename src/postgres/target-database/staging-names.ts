import { quote } from '../identifiers.js';

/** Schema of the target database that holds Copydock's own tables, staging tables included. */
const OWN_SCHEMA = 'copydock';

export function quoteStaging(name: string): string {
  return `${quote(OWN_SCHEMA)}.${quote(name)}`;
}
