import { ApiError, post } from './api.js';
import { readSoon } from './live.js';
import { followLoad } from './load-details.js';
import { h } from './preact.js';
import { focusTitle } from './router.js';
import { loadOf, state, update } from './state.js';

/** @typedef {import('./types.js').Load} Load */

const QUESTIONS = {
  cancel: {
    title: 'Cancel this load?',
    text: 'What was staged is removed, and the target keeps the rows that it had.',
    yes: 'Cancel the load',
    no: 'Let it run',
    done: 'The cancel was accepted.',
  },
  retry: {
    title: 'Retry this load?',
    text: 'A new attempt begins, with the same request. It reads the source as it is now.',
    yes: 'Begin a new attempt',
    no: 'Leave it',
    done: 'A new attempt has begun.',
  },
};

/** Asks before a load is changed. Escape and the first button leave it alone. */
export function Confirmation() {
  const load = state.address.view === 'load' ? loadOf(state.address.id) : undefined;
  if (!state.asking || !load) return null;
  const { title, text, yes, no } = QUESTIONS[state.asking];
  return h(
    'dialog',
    {
      ref: showModal,
      'aria-labelledby': 'question',
      onClose: (/** @type {any} */ event) => answer(event.currentTarget.returnValue, load),
    },
    h('h2', { id: 'question' }, title),
    h('p', null, h('strong', null, load.data_set), ` in ${load.env}, into ${load.target_table}. ${text}`),
    h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', autoFocus: true, onClick: closeWith('') }, no),
      h(
        'button',
        {
          type: 'button',
          class: state.asking === 'cancel' ? 'danger' : 'primary',
          onClick: closeWith('yes'),
        },
        yes,
      ),
    ),
  );
}

/** @param {HTMLDialogElement | null} dialog */
function showModal(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

/** @param {string} value */
function closeWith(value) {
  return (/** @type {any} */ event) => event.currentTarget.closest('dialog').close(value);
}

/** @param {string} value @param {Load} load */
function answer(value, load) {
  const command = state.asking;
  update({ asking: null });
  if (value === 'yes' && command) void send(command, load);
}

/** @param {'cancel' | 'retry'} command @param {Load} load */
async function send(command, load) {
  update({ isBusy: true, notice: null });
  try {
    await post(`${load.status_url}/${command}`);
    update({ isBusy: false, notice: { text: QUESTIONS[command].done, isError: false } });
  } catch (error) {
    const text =
      error instanceof ApiError
        ? `${error.message} ${error.hint}`
        : 'The API was not reached. Nothing is known of the outcome.';
    update({ isBusy: false, notice: { text, isError: true } });
  }
  readSoon();
  followLoad();
  focusTitle();
}
