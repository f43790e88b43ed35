import { Chart } from './charts.js';
import { Facts } from './facts.js';
import { durationSeconds } from './figures.js';
import { formatAmount, formatMoment, formatSeconds, formatShort } from './format.js';
import { followChanges } from './load-details.js';
import { Log } from './log.js';
import { Skeleton } from './overview.js';
import { Ago, Empty, EnvironmentTag, Panel, StatusBadge } from './parts.js';
import { Phases } from './phases.js';
import { h } from './preact.js';
import { ReceiptPanel } from './receipt.js';
import { Rejects } from './rejects.js';
import { Progress } from './running.js';
import { loadOf, state, update } from './state.js';

/** @typedef {import('./types.js').Load} Load */

/** @param {{ id: string }} properties */
export function LoadPage({ id }) {
  const load = loadOf(id);
  followChanges();
  if (load) return h('div', { class: 'load-page' }, h(Title, { load }), h(Body, { load }));
  if (state.missing?.id !== id) return h(Skeleton, null);
  return h(
    'div',
    { class: 'load-page' },
    h(Back, null),
    h('h1', { tabIndex: -1 }, 'This load can’t be shown'),
    h(Empty, null, state.missing.detail),
  );
}

function Back() {
  return h('p', { class: 'back' }, h('a', { href: '/' }, '← All loads'));
}

/** @param {{ load: Load }} properties */
function Title({ load }) {
  return h(
    'div',
    { class: 'title' },
    h(
      'div',
      null,
      h(Back, null),
      h(
        'h1',
        { tabIndex: -1 },
        load.data_set,
        ' ',
        h('span', { class: 'note' }, `into ${load.target_table}`),
      ),
      h(
        'p',
        { class: 'marks' },
        h(StatusBadge, { load }),
        h(EnvironmentTag, { env: load.env }),
        h('span', { class: 'tag' }, load.load_type),
        h('span', { class: 'tag' }, `attempt ${load.attempt}`),
        h('span', { class: 'note' }, 'accepted ', h(Ago, { at: load.accepted_at })),
      ),
    ),
    h(Commands, { load }),
  );
}

/** @param {{ load: Load }} properties */
function Commands({ load }) {
  const command = load.done ? (load.status === 'succeeded' ? null : 'retry') : 'cancel';
  if (command === null) return null;
  if (state.caller?.access === 'read') {
    return h(
      'p',
      { class: 'note commands' },
      `Your key may only read: to ${command} this load, use one that may write.`,
    );
  }
  const tooLate = command === 'cancel' && (load.status === 'committing' || load.cancel_requested);
  return h(
    'p',
    { class: 'commands' },
    h(
      'button',
      {
        type: 'button',
        class: command === 'cancel' ? 'danger' : 'primary',
        disabled: state.isBusy || tooLate,
        onClick: () => update({ asking: command, notice: null }),
      },
      command === 'cancel' ? 'Cancel' : 'Retry',
    ),
    load.status === 'committing' && h('span', { class: 'note' }, 'Its commit has begun.'),
  );
}

/** @param {{ load: Load }} properties */
function Body({ load }) {
  return h(
    'div',
    { class: 'panels' },
    load.error && h(Failure, { error: load.error }),
    load.warnings.length > 0 &&
      h('ul', { class: 'warnings' }, ...load.warnings.map((warning) => h('li', null, warning))),
    h(
      Panel,
      { id: 'phases', title: 'Phases', note: describeTime(load) },
      h(Phases, { load }),
      !load.done && h(Progress, { load }),
    ),
    load.receipt && h(ReceiptPanel, { receipt: load.receipt }),
    h(Rejects, { id: load.id }),
    h(Facts, { load }),
    h(Log, { id: load.id }),
    state.history.length > 1 && h(History, { load }),
  );
}

/** @param {Load} load */
function describeTime(load) {
  return `${load.done ? 'took' : 'for'} ${formatSeconds(durationSeconds(load))}${load.finished_at ? `, ended ${formatMoment(Date.parse(load.finished_at))}` : ''}`;
}

/** @param {{ error: NonNullable<Load['error']> }} properties */
function Failure({ error }) {
  const place = [
    error.object && ['Object', error.object],
    error.line && ['Line', String(error.line)],
    error.column && ['Column', error.column],
    error.value !== undefined && ['Value', error.value],
    error.sqlstate && ['SQLSTATE', error.sqlstate],
  ].filter((entry) => Array.isArray(entry));
  return h(
    'section',
    { class: 'panel why', 'aria-labelledby': 'why-title' },
    h('h2', { id: 'why-title' }, 'Why it failed'),
    h('p', { class: 'reason' }, error.detail),
    h(
      'p',
      null,
      error.hint,
      ' ',
      h('a', { href: `/docs#${encodeURIComponent(error.code)}` }, h('code', null, error.code)),
    ),
    place.length > 0 &&
      h(
        'dl',
        { class: 'facts' },
        ...place.map(([name, value]) =>
          h('div', null, h('dt', null, name), h('dd', null, h('code', null, value))),
        ),
      ),
  );
}

/** @param {{ load: Load }} properties */
function History({ load }) {
  const ended = state.history.filter(({ receipt }) => receipt).toReversed();
  if (ended.length < 2) return null;
  const columnsOf = (
    /** @type {(one: Load) => number} */ figureOf,
    /** @type {(value: number) => string} */ format,
  ) =>
    ended.map((one) => ({
      value: figureOf(one),
      label: `${one.id}, ${formatMoment(Date.parse(one.accepted_at))}: ${format(figureOf(one))}`,
      isMarked: one.id === load.id,
    }));
  const rowsOf = (/** @type {Load} */ one) => one.receipt?.loaded ?? 0;
  const last = ended.at(-1);
  if (!last) return null;
  return h(
    'div',
    { class: 'charts' },
    h(Chart, {
      id: 'duration-history',
      title: `Duration of the last ${ended.length} loads of this data set`,
      figure: formatSeconds(durationSeconds(last)),
      unit: 'the last',
      columns: columnsOf(durationSeconds, formatSeconds),
    }),
    h(Chart, {
      id: 'rows-history',
      title: 'Their rows',
      figure: formatShort(rowsOf(last)),
      unit: 'the last',
      columns: columnsOf(rowsOf, (value) => formatAmount(value, 'row')),
    }),
  );
}
