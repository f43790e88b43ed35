import { readJson, request } from './api.js';
import { formatAmount, formatCount } from './format.js';
import { Panel } from './parts.js';
import { h } from './preact.js';
import { state, update } from './state.js';

/** @typedef {import('./types.js').Reject} Reject */

const PAGE_SIZE = 50;

/** @param {string} id */
function addressOf(id) {
  return `/v1/loads/${encodeURIComponent(id)}/rejects`;
}

/** The first page; a load that left nothing out has no rejects to show. @param {string} id */
export async function readRejects(id) {
  const { rejected, items, next_cursor: next } = await readJson(`${addressOf(id)}?limit=${PAGE_SIZE}`);
  return rejected === 0 ? null : { id, rejected, items, next };
}

/** @param {NonNullable<typeof state.rejects>} known */
async function showMore(known) {
  await run(async () => {
    const page = await readJson(`${addressOf(known.id)}?limit=${PAGE_SIZE}&cursor=${known.next}`);
    if (state.rejects !== known) return;
    update({ rejects: { ...known, items: [...known.items, ...page.items], next: page.next_cursor } });
  });
}

/** A link would not carry the key. @param {string} id */
async function download(id) {
  await run(async () => {
    const response = await request(addressOf(id), { headers: { Accept: 'text/csv' } });
    const address = URL.createObjectURL(await response.blob());
    const link = document.createElement('a');
    link.href = address;
    link.download = `rejects-${id}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  });
}

/** @param {() => Promise<void>} command */
async function run(command) {
  update({ isBusy: true, notice: null });
  try {
    await command();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    update({ notice: { text: `The rejects could not be read: ${text}`, isError: true } });
  } finally {
    update({ isBusy: false });
  }
}

/** What `on_error: skip` left out, and why. @param {{ id: string }} properties */
export function Rejects({ id }) {
  const { rejects, isBusy } = state;
  if (rejects?.id !== id) return null;
  const { rejected, items, next } = rejects;
  return h(
    Panel,
    { id: 'rejects', title: 'Rejects', note: `${formatAmount(rejected, 'record')} left out` },
    items.length > 0 &&
      h(
        'div',
        { class: 'rejects', tabIndex: 0, role: 'group', 'aria-label': 'Records and reasons' },
        h('ol', null, ...items.map((item) => h(Item, { key: item.seq, item }))),
      ),
    h(
      'p',
      { class: 'commands' },
      next !== null &&
        h('button', { type: 'button', disabled: isBusy, onClick: () => showMore(rejects) }, 'Show more'),
      h(
        'button',
        { type: 'button', disabled: isBusy, onClick: () => download(id) },
        'Download as CSV, to mend and load as a delta',
      ),
    ),
  );
}

/** @param {{ item: Reject }} properties */
function Item({ item: { object, column, sqlstate, reason, record, is_cut: isCut, ...place } }) {
  return h(
    'li',
    null,
    h('p', null, reason),
    h(
      'p',
      { class: 'note' },
      `${object}${describePlace(place)}${column === null ? '' : `, column ${column}`}, SQLSTATE ${sqlstate}`,
    ),
    h('pre', null, isCut ? `${record}…` : record),
  );
}

/** @param {Pick<Reject, 'line' | 'record_number'>} place */
function describePlace({ line, record_number: number }) {
  if (line !== null) return `, line ${formatCount(line)}`;
  return number === null ? '' : `, record ${formatCount(number)}`;
}
