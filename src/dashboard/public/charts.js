import { serverNow } from './api.js';
import { durationSeconds, HOUR_MS, median, toMs } from './figures.js';
import { formatAmount, formatClock, formatSeconds, formatShort } from './format.js';
import { Panel } from './parts.js';
import { h } from './preact.js';

/** @typedef {import('./types.js').Load} Load */

const HOURS = 24;
const HEIGHT = 56;
const STEP = 10;
/** Few columns keep the width that many have, at the right. */
const FEWEST_SLOTS = 24;

/** @param {{ loads: Load[] }} properties */
export function Charts({ loads }) {
  const hours = splitByHour(loads);
  const rows = hours.map((hour) => sum(hour.loads.map((load) => load.receipt?.loaded ?? 0)));
  const seconds = hours.map((hour) =>
    median(hour.loads.filter(({ receipt }) => receipt).map(durationSeconds)),
  );
  const failed = hours.map((hour) => hour.loads.filter(({ status }) => status === 'failed').length);
  return h(
    'div',
    { class: 'charts' },
    h(Chart, {
      id: 'rows-chart',
      title: 'Rows an hour',
      figure: formatShort(sum(rows)),
      unit: 'rows in a day',
      columns: hours.map(({ name }, i) => ({
        value: rows[i] ?? 0,
        label: `${name}: ${formatAmount(rows[i] ?? 0, 'row')}`,
      })),
    }),
    h(Chart, {
      id: 'duration-chart',
      title: 'Duration, median of an hour',
      figure: formatSeconds(median(loads.filter(({ receipt }) => receipt).map(durationSeconds))),
      unit: 'median of a day',
      columns: hours.map(({ name }, i) => ({
        value: seconds[i] ?? 0,
        label: `${name}: ${formatSeconds(seconds[i] ?? 0)}`,
      })),
    }),
    h(Chart, {
      id: 'count-chart',
      title: 'Loads an hour',
      figure: formatShort(sum(hours.map((hour) => hour.loads.length))),
      unit: `ended, ${sum(failed)} failed`,
      columns: hours.map(({ name, loads: ended }, i) => ({
        value: ended.length,
        part: failed[i] ?? 0,
        label: `${name}: ${formatAmount(ended.length, 'load')}, ${failed[i]} failed`,
      })),
    }),
  );
}

/**
 * Columns on one scale from 0. `part` is drawn within its column as what failed.
 *
 * @param {{ id: string, title: string, figure: string, unit: string,
 *   columns: { value: number, part?: number, label: string, isMarked?: boolean }[] }} properties
 */
export function Chart({ id, title, figure, unit, columns }) {
  const most = Math.max(...columns.map(({ value }) => value), 0);
  const slots = Math.max(columns.length, FEWEST_SLOTS);
  const xOf = (/** @type {number} */ index) => (slots - columns.length + index) * STEP;
  const heightOf = (/** @type {number} */ value) =>
    most === 0 ? 0 : Math.max((value / most) * HEIGHT, value > 0 ? 2 : 0);
  return h(
    Panel,
    { id, title, class: 'chart', note: h('span', null, h('strong', null, figure), ` ${unit}`) },
    h(
      'svg',
      {
        role: 'img',
        'aria-label': `${title}: ${figure} ${unit}`,
        viewBox: `0 0 ${slots * STEP} ${HEIGHT}`,
        preserveAspectRatio: 'none',
      },
      ...columns.map(({ value, part = 0, label, isMarked }, index) =>
        h(
          'g',
          { class: isMarked ? 'column marked' : 'column' },
          h('title', null, label),
          h('rect', { class: 'ground', x: xOf(index), y: 0, width: STEP, height: HEIGHT }),
          h('rect', {
            class: 'value',
            x: xOf(index) + 1,
            y: HEIGHT - heightOf(value),
            width: STEP - 2,
            height: heightOf(value),
          }),
          part > 0 &&
            h('rect', {
              class: 'failed',
              x: xOf(index) + 1,
              y: HEIGHT - heightOf(part),
              width: STEP - 2,
              height: heightOf(part),
            }),
        ),
      ),
    ),
  );
}

/** A line of the last values, without axes. @param {{ values: number[] }} properties */
export function Sparkline({ values }) {
  const shown = values.slice(-24);
  if (shown.length < 2) return h('svg', { class: 'sparkline', viewBox: '0 0 60 16', 'aria-hidden': 'true' });
  const most = Math.max(...shown, Number.MIN_VALUE);
  const points = shown.map((value, i) => [2 + (56 * i) / (shown.length - 1), 14 - (12 * value) / most]);
  const last = points.at(-1);
  return h(
    'svg',
    { class: 'sparkline', viewBox: '0 0 60 16', 'aria-hidden': 'true' },
    h('polyline', { points: points.map((point) => point.join(',')).join(' ') }),
    h('circle', { cx: last?.[0], cy: last?.[1], r: 2 }),
  );
}

/** By the time at which they ended, oldest hour first. @param {Load[]} loads */
function splitByHour(loads) {
  const fromMs = Math.floor(serverNow() / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS;
  const hours = Array.from({ length: HOURS }, (_, i) => {
    const startMs = fromMs + i * HOUR_MS;
    return {
      name: `${formatClock(startMs)}–${formatClock(startMs + HOUR_MS)}`,
      loads: /** @type {Load[]} */ ([]),
    };
  });
  for (const load of loads) hours[Math.floor((toMs(load.finished_at) - fromMs) / HOUR_MS)]?.loads.push(load);
  return hours;
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
