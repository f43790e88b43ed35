import { rateOf, secondsLeft, shareDone } from './figures.js';
import { formatBytes, formatCount, formatShort, formatTimeLeft } from './format.js';
import { Ago, Bar, Empty, EnvironmentTag, LoadLink, Panel, StatusBadge } from './parts.js';
import { h } from './preact.js';

/** @typedef {import('./types.js').Load} Load */

/** @type {Load['status'][]} */
const STEPS = ['queued', 'staging', 'copying', 'committing'];

/** What runs or waits now. @param {{ loads: Load[] }} properties */
export function Running({ loads }) {
  const unfinished = loads.filter((load) => !load.done).toReversed();
  const running = unfinished.filter(({ status }) => status !== 'queued');
  const waiting = unfinished.length - running.length;
  const note = unfinished.length > 0 ? `${running.length} running, ${waiting} waiting` : undefined;
  return h(
    Panel,
    { id: 'running', title: 'Running now', note },
    unfinished.length === 0
      ? h(Nothing, { loads })
      : h(
          'ul',
          { class: 'cards' },
          ...[...running, ...unfinished.filter((load) => !running.includes(load))].map((load) =>
            h('li', { key: load.id }, h(Card, { load })),
          ),
        ),
  );
}

/** @param {{ loads: Load[] }} properties */
function Nothing({ loads }) {
  const last = loads.find(({ done }) => done);
  if (!last) return h(Empty, null, 'Nothing runs, and no load was accepted in the last day.');
  return h(
    Empty,
    null,
    'Nothing runs. The last load, ',
    h(LoadLink, { load: last }),
    ', ended ',
    h(Ago, { at: last.finished_at }),
    '.',
  );
}

/** @param {{ load: Load }} properties */
function Card({ load }) {
  return h(
    'article',
    { class: 'card' },
    h('header', null, h('h3', null, h(LoadLink, { load })), h(EnvironmentTag, { env: load.env })),
    h('p', { class: 'target' }, `${load.load_type} into ${load.target_table}`),
    h(Steps, { load }),
    h(Progress, { load }),
  );
}

/** The phases of a load's life, of which one is the present. @param {{ load: Load }} properties */
export function Steps({ load }) {
  const present = STEPS.indexOf(load.status);
  return h(
    'ol',
    { class: 'steps', 'aria-label': 'Phases' },
    ...STEPS.map((step, index) =>
      h(
        'li',
        {
          class: index < present ? 'past' : index === present ? 'present' : '',
          'aria-current': index === present ? 'step' : undefined,
        },
        step,
      ),
    ),
  );
}

/** @param {{ load: Load }} properties */
export function Progress({ load }) {
  const { progress } = load;
  const share = shareDone(load);
  return h(
    'div',
    { class: 'progress' },
    progress && h(Bar, { label: `Source of ${load.data_set} read`, share }),
    h('p', { class: 'figures' }, ...describe(load).map((text) => h('span', null, text))),
    load.waiting_for && h('p', { class: 'waiting' }, h('strong', null, 'Waits: '), load.waiting_for.detail),
    load.cancel_requested &&
      h('p', { class: 'waiting' }, h(StatusBadge, { load }), ' A worker will stop it.'),
  );
}

/** @param {Load} load */
function describe(load) {
  const { progress } = load;
  if (!progress) return [load.status === 'queued' ? 'Not begun yet' : 'Planning'];
  const rate = rateOf(load);
  const left = secondsLeft(load);
  const isRead = shareDone(load) === 1;
  return [
    `${Math.floor(shareDone(load) * 100)}%`,
    `${formatCount(progress.rows_read)} rows`,
    rate && !isRead ? `${formatShort(rate.rows)} rows/s` : '',
    isRead
      ? `all of ${formatBytes(progress.source_bytes)} read`
      : `${formatBytes(progress.bytes_read)} of ${formatBytes(progress.source_bytes)}`,
    left === null ? '' : formatTimeLeft(left),
  ].filter((text) => text !== '');
}
