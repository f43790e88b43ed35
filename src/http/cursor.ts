import { CopydockError } from '../loads/errors.js';

/** A position in a list: a whole number, from 0 on. */
export function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new CopydockError('invalid_request', 'cursor is not one that this service gave.', {
    field: 'cursor',
    hint: 'Send the next_cursor of the page before, or leave it out.',
  });
}

/** RFC 8288: the address of the next page, relative to the root. */
export function linkToNext(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `<${path}?${parameters}>; rel="next"`;
}
