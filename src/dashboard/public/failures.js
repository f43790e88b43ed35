import { serverNow } from './api.js';
import { DAY_MS, toMs } from './figures.js';
import { Ago, Empty, EnvironmentTag, LoadLink, Panel, Shape } from './parts.js';
import { h } from './preact.js';

/** @typedef {import('./types.js').Load} Load */

const MOST = 12;

/** What failed in the last day, and why. @param {{ loads: Load[] }} properties */
export function Failures({ loads }) {
  const sinceMs = serverNow() - DAY_MS;
  const failed = loads
    .filter(({ status, finished_at: at }) => status === 'failed' && toMs(at) >= sinceMs)
    .map((load) => ({ load, remedy: findRemedy(load, loads) }));
  const open = failed.filter(({ remedy }) => !remedy);
  const sorted = [...open, ...failed.filter(({ remedy }) => remedy)];
  return h(
    Panel,
    { id: 'failed', title: 'Failed in the last day', note: describe(failed.length, open.length) },
    sorted.length === 0
      ? h(Empty, null, h(Shape, { tone: 'succeeded' }), ' Nothing failed.')
      : h(
          'ul',
          { class: 'failures' },
          ...sorted.slice(0, MOST).map((failure) => h('li', { key: failure.load.id }, h(Failure, failure))),
        ),
    sorted.length > MOST &&
      h('p', { class: 'more' }, h('a', { href: '/?status=failed' }, `All ${sorted.length} failed loads`)),
  );
}

/** @param {number} failed @param {number} open */
function describe(failed, open) {
  if (failed === 0) return undefined;
  return open === 0 ? 'all were loaded since' : `${open} not loaded since`;
}

/** A later load that made it good. @param {Load} failed @param {Load[]} loads */
function findRemedy(failed, loads) {
  return loads.find(
    (load) =>
      load.status === 'succeeded' &&
      load.load_order > failed.load_order &&
      load.env === failed.env &&
      load.data_set === failed.data_set &&
      load.target_table === failed.target_table &&
      load.load_type === failed.load_type,
  );
}

/** @param {{ load: Load, remedy: Load | undefined }} properties */
function Failure({ load, remedy }) {
  return h(
    'article',
    { class: remedy ? 'failure remedied' : 'failure' },
    h(Shape, { tone: 'failed' }),
    h(
      'div',
      null,
      h(
        'h3',
        null,
        h(LoadLink, { load }),
        h(EnvironmentTag, { env: load.env }),
        load.attempt > 1 && h('span', { class: 'tag' }, `attempt ${load.attempt}`),
      ),
      h(
        'p',
        { class: 'reason', title: load.error?.detail },
        load.error?.detail ?? 'It failed without a reason.',
      ),
      h(
        'p',
        { class: 'note' },
        load.error && h('code', null, load.error.code),
        h(Ago, { at: load.finished_at }),
        remedy &&
          h(
            'span',
            null,
            'loaded since, ',
            h(LoadLink, { load: remedy }, h(Ago, { at: remedy.finished_at })),
          ),
      ),
    ),
  );
}
