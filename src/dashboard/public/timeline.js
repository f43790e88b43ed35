import { serverNow } from './api.js';
import { Sparkline } from './charts.js';
import { DAY_MS, durationSeconds, HOUR_MS, toMs } from './figures.js';
import { formatAmount, formatClock, formatSeconds, formatShort } from './format.js';
import { addressOf, Empty, EnvironmentTag, Panel, toneOf } from './parts.js';
import { h } from './preact.js';

/** @typedef {import('./types.js').Load} Load */

const TICK_HOURS = 3;
const MOST_ROWS = 40;
/** As timeline.css draws a mark of a short load. */
const NARROWEST_PX = 5;

/** The last day, a row for each environment and data set. @param {{ loads: Load[] }} properties */
export function Timeline({ loads }) {
  const nowMs = serverNow();
  const span = { fromMs: nowMs - DAY_MS, toMs: nowMs };
  const rows = groupByDataSet(loads.filter((load) => endOf(load) >= span.fromMs));
  return h(
    Panel,
    { id: 'timeline', title: 'The last day', note: rows.length > 0 ? h(Legend, null) : undefined },
    rows.length === 0
      ? h(Empty, null, 'No load ran in the last day.')
      : h(
          'div',
          { class: 'timeline', onKeyDown: moveFocus },
          h(Axis, { span }),
          ...rows
            .slice(0, MOST_ROWS)
            .map((row, index) => h(Row, { key: row.name, ...row, span, isFirst: index === 0 })),
          rows.length > MOST_ROWS &&
            h(
              'p',
              { class: 'more' },
              `${rows.length - MOST_ROWS} more data sets; filter by environment to see them.`,
            ),
        ),
  );
}

function Legend() {
  return h(
    'span',
    { class: 'legend' },
    ...['succeeded', 'failed', 'cancelled', 'running', 'queued'].map((tone) =>
      h('span', null, h('i', { class: `swatch ${tone}` }), tone === 'queued' ? 'waiting' : tone),
    ),
  );
}

/** Those with the latest load first. @param {Load[]} loads newest first */
function groupByDataSet(loads) {
  /** @type {Map<string, { name: string, env: string, dataSet: string, loads: Load[] }>} */
  const rows = new Map();
  for (const load of loads) {
    const name = `${load.env}/${load.data_set}`;
    const row = rows.get(name) ?? { name, env: load.env, dataSet: load.data_set, loads: [] };
    row.loads.unshift(load);
    rows.set(name, row);
  }
  return [...rows.values()].sort((a, b) => a.env.localeCompare(b.env) || a.dataSet.localeCompare(b.dataSet));
}

/** @param {{ span: { fromMs: number, toMs: number } }} properties */
function Axis({ span }) {
  const ticks = [];
  const firstMs = new Date(span.fromMs).setMinutes(60, 0, 0);
  for (let atMs = firstMs; atMs <= span.toMs; atMs += HOUR_MS) {
    if (new Date(atMs).getHours() % TICK_HOURS === 0) ticks.push(atMs);
  }
  return h(
    'div',
    { class: 'axis', 'aria-hidden': 'true' },
    ...ticks.map((atMs) => h('span', { style: { left: percentOf(atMs, span) } }, formatClock(atMs))),
  );
}

/**
 * @param {{ name: string, env: string, dataSet: string, loads: Load[], span: { fromMs: number, toMs: number },
 *   isFirst: boolean }} properties
 */
function Row({ env, dataSet, loads, span, isFirst }) {
  const ended = loads.filter(({ status }) => status === 'succeeded');
  const last = ended.at(-1);
  return h(
    'div',
    { class: 'row' },
    h(
      'div',
      { class: 'name' },
      h('a', { href: `/?${new URLSearchParams({ env, data_set: dataSet })}` }, dataSet),
      h(EnvironmentTag, { env }),
    ),
    h(
      'div',
      { class: 'track' },
      ...loads.map((load, index) => h(Mark, { key: load.id, load, span, isStop: isFirst && index === 0 })),
    ),
    h(
      'div',
      { class: 'spark' },
      h(Sparkline, { values: ended.map(durationSeconds) }),
      h(
        'span',
        { title: 'Duration of the last load that succeeded' },
        last ? formatSeconds(durationSeconds(last)) : '–',
      ),
    ),
    h(
      'div',
      { class: 'spark' },
      h(Sparkline, { values: ended.map((load) => load.receipt?.loaded ?? 0) }),
      h(
        'span',
        { title: 'Rows of the last load that succeeded' },
        last?.receipt ? `${formatShort(last.receipt.loaded)} rows` : '–',
      ),
    ),
  );
}

/** One load. Only one mark is a stop of the Tab key; arrows lead to the others. @param {any} properties */
function Mark({ load, span, isStop }) {
  const fromMs = Math.max(toMs(load.attempt_at), span.fromMs);
  const tone = toneOf(load.status);
  return h('a', {
    class: `mark ${tone}`,
    href: addressOf(load.id),
    tabIndex: isStop ? 0 : -1,
    style: {
      left: `min(${percentOf(fromMs, span)}, 100% - ${NARROWEST_PX}px)`,
      width: `${(100 * (endOf(load) - fromMs)) / DAY_MS}%`,
    },
    title: describe(load),
    'aria-label': describe(load),
  });
}

/** @param {Load} load */
function describe(load) {
  const outcome = load.receipt
    ? `, ${formatAmount(load.receipt.loaded, 'row')}`
    : load.error
      ? `: ${load.error.detail}`
      : '';
  return `${load.data_set} in ${load.env}, ${formatClock(toMs(load.attempt_at))}: ${load.status} after ${formatSeconds(durationSeconds(load))}${outcome}`;
}

/** @param {Load} load */
function endOf(load) {
  return load.finished_at === null ? serverNow() : toMs(load.finished_at);
}

/** @param {number} atMs @param {{ fromMs: number }} span */
function percentOf(atMs, { fromMs }) {
  return `${(100 * (atMs - fromMs)) / DAY_MS}%`;
}

/** @param {KeyboardEvent} event */
function moveFocus(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const { currentTarget, target } = event;
  if (step === undefined || !(currentTarget instanceof HTMLElement) || !(target instanceof HTMLElement))
    return;
  /** @type {HTMLElement[]} */
  const marks = [...currentTarget.querySelectorAll('.mark')].filter((mark) => mark instanceof HTMLElement);
  const next = marks[marks.indexOf(target) + step];
  if (!target.matches('.mark') || !next) return;
  event.preventDefault();
  next.focus();
}
