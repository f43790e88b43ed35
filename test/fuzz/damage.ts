import type { FuzzDialect, FuzzObject } from './fuzz-case.js';

/** Puts something in, or takes something away, at a random place: mostly, but not always, what no reader accepts. */
export function damage(
  object: FuzzObject,
  { delimiter, quote, escape: escapeWith, lineEnd }: FuzzDialect,
  random: (below: number) => number,
): FuzzObject {
  const characters = Array.from(object.text);
  const at = random(characters.length + 1);
  const pieces = [
    delimiter,
    quote,
    quote,
    quote + quote,
    escapeWith,
    lineEnd,
    '\n',
    '\r',
    '\0',
    '\\.',
    `${lineEnd}\\.${lineEnd}`,
    '',
  ];
  const piece = pieces[random(pieces.length)] ?? '';
  const removed = piece === '' ? 1 + random(3) : 0;
  characters.splice(at, removed, piece);
  return { ...object, text: characters.join('') };
}
