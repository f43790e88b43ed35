import { durationSeconds } from './figures.js';
import { formatAmount, formatSeconds } from './format.js';
import { Ago, Empty, EnvironmentTag, LoadLink, Panel, StatusBadge } from './parts.js';
import { h } from './preact.js';
import { state, update } from './state.js';

/** @typedef {import('./types.js').Load} Load */

const MORE = 50;

/** @param {{ loads: Load[], children?: import("./preact.js").ComponentChildren }} properties */
export function LoadList({ loads, children }) {
  const rest = loads.length - state.shown;
  return h(
    Panel,
    {
      id: 'loads',
      title: 'Loads',
      note: formatAmount(loads.length, 'load') + (state.isCut ? ', the newest ones' : ''),
    },
    children,
    loads.length === 0
      ? h(Empty, null, 'No load of the last day is like this.')
      : h(
          'table',
          { class: 'loads' },
          h(
            'thead',
            null,
            h(
              'tr',
              null,
              ...['Load', 'State', 'Environment', 'Target', 'Accepted', 'Took', 'Outcome'].map((name) =>
                h('th', { scope: 'col' }, name),
              ),
            ),
          ),
          h('tbody', null, ...loads.slice(0, state.shown).map((load) => h(Row, { key: load.id, load }))),
        ),
    rest > 0 &&
      h(
        'p',
        { class: 'more' },
        h(
          'button',
          { type: 'button', onClick: () => update({ shown: state.shown + MORE }) },
          `Show ${Math.min(rest, MORE)} more`,
        ),
      ),
  );
}

/** @param {{ load: Load }} properties */
function Row({ load }) {
  return h(
    'tr',
    null,
    h('td', { class: 'main' }, h(LoadLink, { load }), h('span', { class: 'note id' }, load.id)),
    h('td', null, h(StatusBadge, { load })),
    h('td', null, h(EnvironmentTag, { env: load.env })),
    h('td', { class: 'target' }, load.target_table, ' ', h('span', { class: 'note' }, load.load_type)),
    h('td', { class: 'number' }, h(Ago, { at: load.accepted_at })),
    h('td', { class: 'number' }, load.status === 'queued' ? '–' : formatSeconds(durationSeconds(load))),
    h('td', { class: 'outcome' }, describeOutcome(load)),
  );
}

/** @param {Load} load */
function describeOutcome({ receipt, error, waiting_for: waitingFor }) {
  if (receipt) return formatAmount(receipt.loaded, 'row');
  return error?.detail ?? waitingFor?.detail ?? '';
}
