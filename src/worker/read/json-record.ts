/**
 * The members of a JSON object as text, each value as COPY's CSV should have it: strings without their quotes and
 * escapes, numbers and nested values letter by letter as they are written (a number's digits are all kept), null as
 * null. The text must be valid JSON.
 */
export function readMembers(json: string, onMember: (key: string, value: string | null) => void): void {
  let at = skipSpace(json, json.indexOf('{') + 1);
  while (json.charCodeAt(at) !== CLOSING_BRACE) {
    const keyEnd = endOfString(json, at);
    const key = readString(json, at, keyEnd);
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    onMember(key, readValue(json, start, end));
    at = skipSpace(json, end);
    if (json.charCodeAt(at) === COMMA) at = skipSpace(json, at + 1);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const SPACE = 0x20;

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) <= SPACE) at += 1;
  return at;
}

function readValue(json: string, start: number, end: number): string | null {
  const first = json.charCodeAt(start);
  if (first === QUOTE) return readString(json, start, end);
  const text = json.slice(start, end);
  return text === 'null' ? null : text;
}

function readString(json: string, start: number, end: number): string {
  const raw = json.slice(start + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(json.slice(start, end)) as string) : raw;
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = json.indexOf('"', start + 1);
  while (isEscaped(json, at)) at = json.indexOf('"', at + 1);
  return at + 1;
}

function isEscaped(json: string, at: number): boolean {
  let before = at - 1;
  while (json.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

function endOfValue(json: string, start: number): number {
  const first = json.charCodeAt(start);
  if (first === QUOTE) return endOfString(json, start);
  if (first === OPENING_BRACE || first === OPENING_BRACKET) return endOfNested(json, start);
  let at = start;
  for (let code = first; code > SPACE && code !== COMMA && code !== CLOSING_BRACE; code = json.charCodeAt(at))
    at += 1;
  return at;
}

function endOfNested(json: string, start: number): number {
  let depth = 0;
  for (let at = start; ; ) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(json, at);
      continue;
    }
    at += 1;
    if (code === OPENING_BRACE || code === OPENING_BRACKET) depth += 1;
    else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) depth -= 1;
    if (depth === 0) return at;
  }
}
