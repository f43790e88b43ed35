import { hasKey } from './api.js';
import { h } from './preact.js';
import { state } from './state.js';
import { nextTheme, themeOf } from './theme-choice.js';

const CONNECTIONS = {
  connecting: ['Connecting', 'The first answer of the API is on its way.'],
  live: ['Live', 'Changes are shown as they happen.'],
  polling: ['Every 3 s', 'No events come through; the list is read every 3 seconds instead.'],
  offline: ['Not reached', 'The API does not answer; it is tried again every 3 seconds.'],
};

/** @param {{ onForget: () => void }} properties */
export function Header({ onForget }) {
  const [text, title] = CONNECTIONS[state.connection];
  return h(
    'header',
    { class: 'masthead' },
    h('a', { class: 'brand', href: '/' }, h(Mark, null), 'Copydock'),
    state.key === 'given' &&
      h('p', { class: `connection ${state.connection}`, role: 'status', title }, h('i', null), text),
    h(
      'nav',
      { 'aria-label': 'Page' },
      state.caller?.access === 'read' &&
        h('span', { class: 'tag', title: `The key ${state.caller.name} may only read.` }, 'read-only'),
      h('a', { href: '/docs' }, 'API'),
      h(
        'button',
        { type: 'button', class: 'quiet', onClick: nextTheme, title: 'Colours: as the system, light, dark' },
        `Theme: ${themeOf()}`,
      ),
      hasKey() && h('button', { type: 'button', class: 'quiet', onClick: onForget }, 'Forget key'),
    ),
  );
}

function Mark() {
  return h(
    'svg',
    { viewBox: '0 0 24 24', width: 24, height: 24, 'aria-hidden': 'true' },
    h('path', { d: 'M12 3v10m0 0 4-4m-4 4L8 9' }),
    h('path', { d: 'M3 14v3.5A3.5 3.5 0 0 0 6.5 21h11a3.5 3.5 0 0 0 3.5-3.5V14' }),
  );
}
