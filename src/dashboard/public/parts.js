import { serverNow } from './api.js';
import { toMs } from './figures.js';
import { formatAgo, formatMoment } from './format.js';
import { h } from './preact.js';

/**
 * @typedef {import('./types.js').Load} Load
 * @typedef {Load['status']} Status
 */

/** Each state has a shape of its own, so that colour is never all that tells them apart. */
const SHAPES = {
  queued: 'M8 4.5V8l2.4 1.6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  running: 'M8 2.5A5.5 5.5 0 1 1 2.5 8M8 5v6M5.8 8.8 8 11l2.2-2.2',
  succeeded: 'm3.5 8.5 3 3 6-7',
  failed: 'm4 4 8 8m0-8-8 8',
  cancelled: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM4 12l8-8',
};

/** @param {Status} status @returns {keyof typeof SHAPES} */
export function toneOf(status) {
  if (status === 'staging' || status === 'copying' || status === 'committing') return 'running';
  return status;
}

/** @param {{ tone: keyof typeof SHAPES }} properties */
export function Shape({ tone }) {
  return h(
    'svg',
    { class: `shape ${tone}`, viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' },
    h('path', { d: SHAPES[tone] }),
  );
}

/** @param {{ load: Load }} properties */
export function StatusBadge({ load }) {
  const tone = toneOf(load.status);
  const text = load.cancel_requested && !load.done ? 'cancelling' : load.status;
  return h('span', { class: `badge ${tone}` }, h(Shape, { tone }), text);
}

/** Relative, with the time itself as its title. @param {{ at: string | null }} properties */
export function Ago({ at }) {
  if (at === null) return null;
  return h(
    'time',
    { dateTime: at, title: `${formatMoment(toMs(at))} (${at})` },
    formatAgo(toMs(at), serverNow()),
  );
}

/** @param {{ at: string | null }} properties */
export function Moment({ at }) {
  if (at === null) return null;
  return h('time', { dateTime: at, title: at }, formatMoment(toMs(at)));
}

/** @param {string} id */
export function addressOf(id) {
  return `/?load=${encodeURIComponent(id)}`;
}

/** @param {{ load: Load, children?: import('./preact.js').ComponentChildren }} properties */
export function LoadLink({ load, children }) {
  return h('a', { href: addressOf(load.id), title: `Load ${load.id}` }, children ?? load.data_set);
}

/** @param {{ env: string }} properties */
export function EnvironmentTag({ env }) {
  return h('span', { class: `tag environment${env === 'production' ? ' production' : ''}` }, env);
}

/** @param {{ label: string, share: number, tone?: string }} properties */
export function Bar({ label, share, tone = 'running' }) {
  const percent = Math.floor(share * 100);
  return h(
    'div',
    {
      class: 'bar',
      role: 'progressbar',
      'aria-label': label,
      'aria-valuenow': percent,
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    h('div', { class: `fill ${tone}`, style: { width: `${share * 100}%` } }),
  );
}

/**
 * @param {{ id: string, title: string, note?: import('./preact.js').ComponentChildren, class?: string,
 *   children?: import('./preact.js').ComponentChildren }} properties
 */
export function Panel({ id, title, note, class: name = '', children }) {
  return h(
    'section',
    { class: `panel ${name}`, 'aria-labelledby': `${id}-title` },
    h('header', null, h('h2', { id: `${id}-title` }, title), note && h('p', { class: 'note' }, note)),
    children,
  );
}

/** @param {{ children: import('./preact.js').ComponentChildren }} properties */
export function Empty({ children }) {
  return h('p', { class: 'empty' }, children);
}
