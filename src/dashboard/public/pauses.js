import { readJson } from './api.js';
import { formatMoment } from './format.js';
import { h } from './preact.js';
import { loadOf, state, update } from './state.js';

/**
 * @typedef {import('./types.js').Environment} Environment
 * @typedef {import('./types.js').Load} Load
 */

/** Of the environments that the key covers. */
export async function readPauses() {
  const { items } = await readJson('/v1/environments');
  update({ paused: items.filter((/** @type {Environment} */ { paused }) => paused) });
}

/**
 * Whether a load shows that its environment was paused or resumed since that was read: a pause is no event of its own.
 *
 * @param {Load} load
 */
export function contradictsPauses({ env, status, started_at: startedAt, waiting_for: waitingFor }) {
  const pause = state.paused.find((one) => one.env === env);
  if (status === 'queued') return (waitingFor?.reason === 'paused') !== (pause !== undefined);
  return pause !== undefined && Date.parse(startedAt ?? '') > Date.parse(pause.paused_at ?? '');
}

/** Which of the environments that are looked at are paused, by whom and why. */
export function PausedEnvironments() {
  const paused = state.key === 'given' ? state.paused.filter(isLookedAt) : [];
  return h(
    'div',
    { class: 'notices', role: 'status', 'aria-label': 'Paused environments' },
    paused.map((environment) => h(PausedEnvironment, { key: environment.env, environment })),
  );
}

/** @param {{ environment: Environment }} properties */
function PausedEnvironment({ environment: { env, paused_at: pausedAt, paused_by: pausedBy, reason } }) {
  const since = formatMoment(Date.parse(pausedAt ?? ''));
  return h(
    'p',
    { class: 'notice paused' },
    h('strong', null, `${env} is paused`),
    ` by ${pausedBy} since ${since}${reason ? `: ${reason}` : ''}. `,
    h('span', { class: 'note' }, 'Its loads wait until it is resumed; those that have begun go on.'),
  );
}

/** @param {Environment} environment */
function isLookedAt({ env }) {
  const { address } = state;
  if (address.view === 'load') return loadOf(address.id)?.env === env;
  return address.filters.env === '' || address.filters.env === env;
}
