import { h } from './preact.js';
import { state } from './state.js';

/** Asked for where keys are configured. @param {{ onKey: (key: string) => void }} properties */
export function KeyForm({ onKey }) {
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const field = document.getElementById('key');
    if (field instanceof HTMLInputElement && field.value.trim() !== '') onKey(field.value.trim());
  };
  return h(
    'form',
    { class: 'panel key-form', onSubmit: submit },
    h('h1', { tabIndex: -1 }, 'This service wants an API key'),
    h('p', null, 'A key that may read is enough to look; cancel and retry need one that may write.'),
    h('label', { for: 'key' }, 'API key'),
    h('input', {
      id: 'key',
      type: 'password',
      autoComplete: 'off',
      required: true,
      autoFocus: true,
      'aria-describedby': 'key-note key-problem',
    }),
    h('p', { id: 'key-problem', class: 'problem', role: 'alert' }, state.problem),
    h('button', { class: 'primary', disabled: state.isBusy }, state.isBusy ? 'Checking' : 'Use this key'),
    h(
      'p',
      { id: 'key-note', class: 'note' },
      'It stays in this tab until you close it, and is sent to this service only.',
    ),
  );
}
