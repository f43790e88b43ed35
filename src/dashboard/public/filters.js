import { h } from './preact.js';
import { goTo } from './router.js';
import { allLoads, state } from './state.js';

/**
 * @typedef {import('./types.js').Load} Load
 * @typedef {import('./types.js').Filters} Filters
 */

const STATUSES = ['queued', 'staging', 'copying', 'committing', 'succeeded', 'failed', 'cancelled'];

/** @param {Load} load @param {Filters} filters */
export function matches(load, { env, data_set: dataSet, status }) {
  return (
    (!env || load.env === env) &&
    (!dataSet || load.data_set === dataSet) &&
    (!status || load.status === status)
  );
}

/** What the whole page is about. @param {{ filters: Filters }} properties */
export function ScopeFilters({ filters }) {
  const loads = allLoads();
  const environments = state.caller?.environments ?? loads.map(({ env }) => env);
  const dataSets = loads
    .filter(({ env }) => !filters.env || env === filters.env)
    .map((load) => load.data_set);
  return h(
    'div',
    { class: 'filters' },
    h(Choice, { filters, name: 'env', label: 'Environment', all: 'All environments', values: environments }),
    h(Choice, { filters, name: 'data_set', label: 'Data set', all: 'All data sets', values: dataSets }),
  );
}

/** @param {{ filters: Filters }} properties */
export function StatusFilter({ filters }) {
  return h(
    'div',
    { class: 'filters' },
    h(Choice, {
      filters,
      name: 'status',
      label: 'State',
      all: 'All states',
      values: STATUSES,
      isSorted: true,
    }),
  );
}

/**
 * @param {{ filters: Filters, name: keyof Filters, label: string, all: string, values: string[], isSorted?: boolean }} properties
 */
function Choice({ filters, name, label, all, values, isSorted = false }) {
  const value = filters[name];
  const known = [...new Set(value ? [...values, value] : values)];
  const choices = isSorted ? known : known.sort();
  return h(
    'label',
    null,
    h('span', null, label),
    h(
      'select',
      {
        value,
        onChange: (/** @type {any} */ event) =>
          goTo({ view: 'overview', filters: { ...filters, [name]: event.currentTarget.value } }),
      },
      h('option', { value: '' }, all),
      ...choices.map((choice) => h('option', { value: choice, selected: choice === value }, choice)),
    ),
  );
}
