import { addressOf } from './parts.js';
import { state, update } from './state.js';

/** @typedef {import('./types.js').Address} Address */

let whenMoved = () => {};

/** Addresses of the page itself are followed without loading it anew. @param {() => void} onMove */
export function startRouter(onMove) {
  whenMoved = onMove;
  update({ address: readAddress() });
  window.addEventListener('popstate', () => show(readAddress()));
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || link.origin !== location.origin || link.pathname !== '/' || link.hash) return;
    event.preventDefault();
    history.pushState(null, '', link.href);
    show(readAddress());
    window.scrollTo(0, 0);
    focusTitle();
  });
}

/** Stays where it is on the page. @param {Address} address */
export function goTo(address) {
  history.replaceState(null, '', hrefOf(address));
  show(address);
}

/** The reader, or the screen reader, starts at the top of what is new. */
export function focusTitle() {
  requestAnimationFrame(() => document.querySelector('h1')?.focus());
}

/** @param {Address} address */
function show(address) {
  const isOther = hrefOf(address) !== hrefOf(state.address);
  update({ address, shown: 25, asking: null, notice: null });
  if (isOther) whenMoved();
}

/** @returns {Address} */
function readAddress() {
  const query = new URLSearchParams(location.search);
  const id = query.get('load');
  if (id) return { view: 'load', id };
  const filterOf = (/** @type {string} */ name) => query.get(name) ?? '';
  return {
    view: 'overview',
    filters: { env: filterOf('env'), data_set: filterOf('data_set'), status: filterOf('status') },
  };
}

/** @param {Address} address */
function hrefOf(address) {
  if (address.view === 'load') return addressOf(address.id);
  const query = new URLSearchParams(Object.entries(address.filters).filter(([, value]) => value !== ''));
  return query.size === 0 ? '/' : `/?${query}`;
}
