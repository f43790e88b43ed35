/** Whether an Accept header names this media type, and before JSON. */
export function prefers(accept: string | undefined, mediaType: string): boolean {
  const types = (accept ?? '').split(',').map((type) => type.split(';', 1)[0]?.trim().toLowerCase());
  const wanted = types.indexOf(mediaType);
  const json = types.indexOf('application/json');
  return wanted >= 0 && (json < 0 || wanted < json);
}
