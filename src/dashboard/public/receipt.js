import { formatAmount, formatBytes, formatCount } from './format.js';
import { Panel } from './parts.js';
import { h } from './preact.js';

/** @typedef {import('./types.js').Receipt} Receipt */

/** The figures that prove a load, as the two sums that must balance. @param {{ receipt: Receipt }} properties */
export function ReceiptPanel({ receipt }) {
  const { read, loaded, rejected, deduplicated, filtered, inserted, updated, unchanged, deleted } = receipt;
  return h(
    Panel,
    {
      id: 'receipt',
      title: 'Receipt',
      note: `${formatAmount(receipt.source_objects, 'object')}, ${formatBytes(receipt.source_bytes)}, ${formatAmount(receipt.parts, 'part')}`,
    },
    h(Sum, { of: { read }, parts: { loaded, rejected, deduplicated, filtered } }),
    h(Sum, { of: { loaded }, parts: { inserted, updated, unchanged } }),
    h(
      'p',
      { class: 'note' },
      deleted === 0 ? 'The target lost no row.' : `The target lost ${formatAmount(deleted, 'row')}.`,
    ),
    rejected > 0 &&
      h('p', { class: 'warning' }, `${formatAmount(rejected, 'row')} did not load: see the rejects.`),
  );
}

/** @param {{ of: Record<string, number>, parts: Record<string, number> }} properties */
function Sum({ of, parts }) {
  return h(
    'dl',
    { class: 'sum' },
    ...Object.entries(of).map((entry) => h(Figure, { entry, sign: '' })),
    ...Object.entries(parts).map((entry, index) => h(Figure, { entry, sign: index === 0 ? '=' : '+' })),
  );
}

/** @param {{ entry: [string, number], sign: string }} properties */
function Figure({ entry: [name, value], sign }) {
  return h(
    'div',
    { class: value === 0 ? 'zero' : '', 'data-sign': sign },
    h('dt', null, name),
    h('dd', null, formatCount(value)),
  );
}
