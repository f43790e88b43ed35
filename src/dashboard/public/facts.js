import { shareDone } from './figures.js';
import { formatAmount, formatBytes, formatCount } from './format.js';
import { Bar, Moment, Panel } from './parts.js';
import { h } from './preact.js';

/** @typedef {import('./types.js').Load} Load */

const BUCKET_REASONS = {
  request: 'The request named it (s3_bucket).',
  environment_variable: 'PYSPARK_TEMP_S3_BUCKET of the API named it.',
  environment_default: 'It is the default_staging_bucket of the environment.',
  built_in_default: 'Nothing named one: it is the built-in default of the environment.',
};

/** @param {{ load: Load }} properties */
export function Facts({ load }) {
  return h(
    'div',
    { class: 'pair' },
    h(Panel, { id: 'request', title: 'Request' }, h(List, { facts: requestFacts(load) })),
    h(
      Panel,
      { id: 'work', title: 'How it is loaded' },
      load.progress && h(Parts, { load }),
      h(List, { facts: workFacts(load) }),
    ),
  );
}

/** @param {Load} load @returns {[string, any][]} */
function requestFacts(load) {
  return [
    ['Load', h('code', null, load.id)],
    ['Source', h('code', null, load.path)],
    ['Target', h('code', null, load.target_table)],
    [
      'Staging bucket',
      h('span', null, h('code', null, load.s3_bucket), ' ', BUCKET_REASONS[load.s3_bucket_source]),
    ],
    [
      'Overridden',
      load.s3_bucket_overridden &&
        h('span', null, h('code', null, load.s3_bucket_overridden), ' was named too, and lost.'),
    ],
    ['Submitted by', load.submitted_by],
    ['Left out', load.absent_fields.length > 0 && load.absent_fields.join(', ')],
    ['Accepted', h(Moment, { at: load.accepted_at })],
    ['Deadline', !load.done && h(Moment, { at: load.deadline_at })],
    ...Object.entries(load.labels).map(([name, value]) => /** @type {[string, any]} */ ([name, value])),
  ];
}

/** @param {Load} load @returns {[string, any][]} */
function workFacts(load) {
  return [
    [
      'Strategy',
      load.commit_plan &&
        h('span', null, h('code', null, load.commit_plan.strategy), ' ', load.commit_plan.reason),
    ],
    ['Staged below', load.staging_prefix && h('code', null, load.staging_prefix)],
    ['Started', load.started_at && h(Moment, { at: load.started_at })],
    ['Ended', load.finished_at && h(Moment, { at: load.finished_at })],
    [
      'Clean-up',
      load.cleanup && `${load.cleanup.status}${load.cleanup.detail ? `: ${load.cleanup.detail}` : ''}`,
    ],
  ];
}

/** @param {{ facts: [string, any][] }} properties */
function List({ facts }) {
  const known = facts.filter(([, value]) => value);
  return h(
    'dl',
    { class: 'facts' },
    ...known.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );
}

/** Of how many parts each step is done. @param {{ load: Load }} properties */
function Parts({ load }) {
  const { progress } = load;
  if (!progress) return null;
  const cut = progress.parts_cut;
  const shareOf = (/** @type {number} */ parts) => (cut === 0 ? 0 : parts / cut);
  return h(
    'dl',
    { class: 'parts' },
    h(Part, {
      name: 'Read',
      share: shareDone(load),
      text: `${describeRead(load)} in ${formatAmount(progress.source_objects, 'object')}`,
    }),
    h(Part, {
      name: 'Staged',
      share: shareOf(progress.parts_staged),
      text: `${formatCount(progress.parts_staged)} of ${formatAmount(cut, 'part')}`,
    }),
    h(Part, {
      name: 'Copied',
      share: shareOf(progress.parts_copied),
      text: `${formatCount(progress.parts_copied)} of ${formatAmount(cut, 'part')}`,
    }),
  );
}

/** @param {Load} load */
function describeRead(load) {
  const { bytes_read: read = 0, source_bytes: all = 0 } = load.progress ?? {};
  return shareDone(load) === 1 ? formatBytes(all) : `${formatBytes(read)} of ${formatBytes(all)}`;
}

/** @param {{ name: string, share: number, text: string }} properties */
function Part({ name, share, text }) {
  return h(
    'div',
    null,
    h('dt', null, name),
    h('dd', null, h(Bar, { label: name, share }), h('span', { class: 'note' }, text)),
  );
}
