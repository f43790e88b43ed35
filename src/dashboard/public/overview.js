import { Charts } from './charts.js';
import { Failures } from './failures.js';
import { matches, ScopeFilters, StatusFilter } from './filters.js';
import { LoadList } from './list.js';
import { h } from './preact.js';
import { Running } from './running.js';
import { allLoads, state } from './state.js';
import { Timeline } from './timeline.js';

/** @param {{ filters: import('./types.js').Filters }} properties */
export function Overview({ filters }) {
  const inScope = allLoads().filter((load) => matches(load, { ...filters, status: '' }));
  return h(
    'div',
    { class: 'overview' },
    h('div', { class: 'top' }, h('h1', { tabIndex: -1 }, 'Loads'), h(ScopeFilters, { filters })),
    state.isRead ? h(Panels, { loads: inScope, filters }) : h(Skeleton, null),
  );
}

/** @param {{ loads: import('./types.js').Load[], filters: import('./types.js').Filters }} properties */
function Panels({ loads, filters }) {
  return h(
    'div',
    { class: 'panels' },
    h(Running, { loads }),
    h(Failures, { loads }),
    h(Timeline, { loads }),
    h(Charts, { loads }),
    h(LoadList, { loads: loads.filter((load) => matches(load, filters)) }, h(StatusFilter, { filters })),
  );
}

/** While nothing was read yet. */
export function Skeleton() {
  return h(
    'div',
    { class: 'skeleton', 'aria-busy': 'true' },
    h('p', { class: 'hidden' }, 'Reading the loads'),
    ...[1, 2, 3].map(() => h('div', null)),
  );
}
