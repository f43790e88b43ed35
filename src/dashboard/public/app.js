import { ApiError, hasKey, keepKey, readJson } from './api.js';
import { Confirmation } from './confirmation.js';
import { Header } from './header.js';
import { KeyForm } from './key-form.js';
import { goLive, pause, readSoon } from './live.js';
import { followLoad } from './load-details.js';
import { LoadPage } from './load-page.js';
import { Overview, Skeleton } from './overview.js';
import { PausedEnvironments } from './pauses.js';
import { h, render } from './preact.js';
import { focusTitle, startRouter } from './router.js';
import { allLoads, onChange, refresh, state, update } from './state.js';

const TICK_MS = 1_000;
const IDLE_TICK_MS = 10_000;
const root = document.getElementById('app') ?? document.body;

function App() {
  return [
    h('a', { class: 'skip', href: '#content' }, 'Skip to the content'),
    h(Header, { onForget: forgetKey }),
    h('main', { id: 'content', tabIndex: -1 }, h(Notices, null), h(PausedEnvironments, null), h(View, null)),
    h(Confirmation, null),
  ];
}

function View() {
  if (state.key === 'needed') return h(KeyForm, { onKey: useKey });
  if (state.key === 'asking') return h(Skeleton, null);
  return state.address.view === 'load'
    ? h(LoadPage, { id: state.address.id })
    : h(Overview, { filters: state.address.filters });
}

function Notices() {
  const isOffline = state.key !== 'needed' && state.connection === 'offline';
  return h(
    'div',
    { class: 'notices', role: 'alert' },
    isOffline &&
      h(
        'p',
        { class: 'notice problem' },
        h('strong', null, state.problem),
        ' What is shown may be out of date. It is tried again every 3 seconds.',
      ),
    state.notice && h('p', { class: state.notice.isError ? 'notice problem' : 'notice' }, state.notice.text),
  );
}

/** Who reads is asked first: it tells whether a key is needed, and what the one that is kept may do. */
async function begin() {
  try {
    const caller = await readJson('/v1/whoami');
    update({ caller, key: 'given', problem: '', isBusy: false });
    goLive();
    followLoad();
  } catch (error) {
    const isRefused = error instanceof ApiError && error.status === 401;
    if (!isRefused) {
      update({ connection: 'offline', problem: 'The API was not reached.', isBusy: false });
      setTimeout(begin, 3_000);
      return;
    }
    const wasGiven = hasKey();
    keepKey(null);
    update({ key: 'needed', caller: null, problem: wasGiven ? error.message : '', isBusy: false });
    focusKey();
  }
}

/** @param {string} key */
function useKey(key) {
  keepKey(key);
  update({ isBusy: true, problem: '' });
  void begin().then(() => state.key === 'given' && focusTitle());
}

function forgetKey() {
  keepKey(null);
  pause();
  location.assign('/');
}

function focusKey() {
  requestAnimationFrame(() => document.getElementById('key')?.focus());
}

function tick() {
  if (!document.hidden) refresh();
  setTimeout(tick, allLoads().some(({ done }) => !done) ? TICK_MS : IDLE_TICK_MS);
}

onChange(() => {
  document.title = state.address.view === 'load' ? `${state.address.id} · Copydock` : 'Copydock';
  render(h(App, null), root);
});
startRouter(() => {
  readSoon();
  followLoad();
});
document.addEventListener('visibilitychange', () => {
  if (state.key !== 'given') return;
  if (document.hidden) pause();
  else goLive();
});
void begin();
tick();
