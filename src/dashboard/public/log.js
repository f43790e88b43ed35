import { toMs } from './figures.js';
import { formatAmount, formatMoment } from './format.js';
import { Empty, Panel } from './parts.js';
import { h } from './preact.js';
import { state, update } from './state.js';

/** @typedef {import('./types.js').LogLine} LogLine */

/** The same node as long as nothing changed: preact then leaves thousands of lines alone. */
let drawn = { lines: /** @type {LogLine[]} */ ([]), search: '', node: /** @type {any} */ (null) };

/** @param {{ id: string }} properties */
export function Log({ id }) {
  const log = state.log?.id === id ? state.log : null;
  if (!log) return h(Panel, { id: 'log', title: 'Log', note: 'reading' });
  const search = state.logSearch.trim().toLowerCase();
  const found =
    search === ''
      ? log.lines
      : log.lines.filter(({ message, level }) => `${level} ${message}`.toLowerCase().includes(search));
  const amount =
    search === ''
      ? formatAmount(log.lines.length, 'line')
      : `${found.length} of ${formatAmount(log.lines.length, 'line')}`;
  return h(
    Panel,
    {
      id: 'log',
      title: 'Log',
      note: h('span', { role: 'status' }, log.isCut ? `${amount}, the first ones` : amount),
    },
    h(
      'label',
      { class: 'search' },
      h('span', null, 'Search the log'),
      h('input', {
        type: 'search',
        value: state.logSearch,
        onInput: (/** @type {any} */ event) => update({ logSearch: event.currentTarget.value }),
      }),
    ),
    found.length === 0
      ? h(Empty, null, 'No line holds this.')
      : h(
          'div',
          { class: 'log', tabIndex: 0, role: 'log', 'aria-label': 'Log lines', 'aria-live': 'off' },
          drawLines(found, search),
        ),
  );
}

/** @param {LogLine[]} lines @param {string} search */
function drawLines(lines, search) {
  const isSame =
    drawn.search === search && drawn.lines.length === lines.length && drawn.lines[0] === lines[0];
  if (!isSame)
    drawn = {
      lines,
      search,
      node: h('ol', null, ...lines.map((line) => h(Line, { key: line.seq, line, search }))),
    };
  return drawn.node;
}

/** @param {{ line: LogLine, search: string }} properties */
function Line({ line, search }) {
  return h(
    'li',
    { class: line.level },
    h('time', { dateTime: line.at, title: line.at }, formatMoment(toMs(line.at))),
    h('span', { class: 'level' }, line.level),
    h('span', { class: 'message' }, ...markFound(line.message, search)),
  );
}

/** @param {string} text @param {string} search in lower case */
function markFound(text, search) {
  if (search === '') return [text];
  const at = text.toLowerCase().indexOf(search);
  if (at < 0) return [text];
  const end = at + search.length;
  return [text.slice(0, at), h('mark', null, text.slice(at, end)), text.slice(end)];
}
