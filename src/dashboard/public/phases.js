import { serverNow } from './api.js';
import { toMs } from './figures.js';
import { formatSeconds } from './format.js';
import { h } from './preact.js';
import { Steps } from './running.js';

/** @typedef {import('./types.js').Load} Load */
/** @typedef {{ name: string, seconds: number }} Phase */

/** How the time of a load is shared out. @param {{ load: Load }} properties */
export function Phases({ load }) {
  const phases = phasesOf(load).filter(({ seconds }) => seconds > 0);
  const total = phases.reduce((sum, { seconds }) => sum + seconds, 0);
  return h(
    'div',
    { class: 'phases' },
    !load.done && h(Steps, { load }),
    load.done &&
      total > 0 &&
      h(
        'div',
        { class: 'phase-bar', 'aria-hidden': 'true' },
        ...phases.map(({ name, seconds }) =>
          h('i', { class: `phase ${name}`, style: { width: `${(100 * seconds) / total}%` } }),
        ),
      ),
    h(
      'ul',
      { class: 'phase-names' },
      ...phases.map(({ name, seconds }) =>
        h(
          'li',
          null,
          h('i', { class: `phase ${name}` }),
          name,
          ' ',
          h('strong', null, formatSeconds(seconds)),
        ),
      ),
    ),
  );
}

/** Of a load without a receipt only the times of its claim and of its end are known. @param {Load} load @returns {Phase[]} */
function phasesOf({ receipt, attempt_at: begin, started_at: start, finished_at: end, status, done }) {
  if (receipt) {
    const { queued, staging, copying, committing } = receipt.seconds;
    return [
      { name: 'queued', seconds: queued },
      { name: 'staging', seconds: staging },
      { name: 'copying', seconds: copying },
      { name: 'committing', seconds: committing },
    ];
  }
  const endMs = end === null ? serverNow() : toMs(end);
  const startMs = start === null ? endMs : toMs(start);
  return [
    { name: 'queued', seconds: (startMs - toMs(begin)) / 1000 },
    { name: done ? 'worked' : status, seconds: (endMs - startMs) / 1000 },
  ];
}
