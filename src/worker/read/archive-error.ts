/** The bytes are not a whole archive of their kind; the message ends a sentence. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

export function truncated(): ArchiveError {
  return new ArchiveError('it ends too early');
}
