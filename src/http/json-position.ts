const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them within strings
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or end' | 'nothing';

/**
 * Where text stops being JSON, as a count of characters from 0; null if it is JSON. JSON.parse itself tells the
 * position only in some of its messages.
 */
export function findJsonError(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let position = 0;
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (!match) return /^\s*$/.test(text.slice(position)) ? endOf(text, expected) : skipSpace(text, position);
    const next = step(expected, match, open);
    if (!next) return skipSpace(text, position);
    expected = next;
    position = TOKEN.lastIndex;
  }
  return endOf(text, expected);
}

function step(expected: Expected, [, mark, string]: RegExpExecArray, open: ('{' | '[')[]): Expected | null {
  const inside = open.at(-1);
  const afterValue = (): Expected => (open.length > 0 ? 'comma or end' : 'nothing');
  if (mark === '}' || mark === ']') {
    const closes = mark === '}' ? inside === '{' : inside === '[';
    const empty = mark === '}' ? 'name or }' : 'value or ]';
    if (!closes || (expected !== 'comma or end' && expected !== empty)) return null;
    open.pop();
    return afterValue();
  }
  switch (expected) {
    case 'value':
    case 'value or ]':
      if (mark === ',' || mark === ':') return null;
      if (mark !== '{' && mark !== '[') return afterValue();
      open.push(mark);
      return mark === '{' ? 'name or }' : 'value or ]';
    case 'name':
    case 'name or }':
      return string === undefined ? null : 'colon';
    case 'colon':
      return mark === ':' ? 'value' : null;
    case 'comma or end':
      if (mark !== ',') return null;
      return inside === '{' ? 'name' : 'value';
    case 'nothing':
      return null;
  }
}

function endOf(text: string, expected: Expected): number | null {
  return expected === 'nothing' ? null : text.length;
}

function skipSpace(text: string, position: number): number {
  return position + (/^[\t\n\r ]*/.exec(text.slice(position))?.[0].length ?? 0);
}
