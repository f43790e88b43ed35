import { Type } from 'typebox';
import { LOAD_STATUSES } from '../../loads/load-status.js';
import { MAX_WAIT_S } from '../wait-preference.js';
import { IdSchema, string } from './load.js';

/** No text of PostgreSQL holds NUL. */
const TEXT = '^[^\\u0000]*$';

/**
 * ISO 8601 from the year 1000 on, with or without a time of day. A `+` that is not escaped in a query becomes a space; what
 * is empty counts as absent.
 */
const TIME =
  '^([1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' +
  '([Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?([Zz]|[+ -]([01][0-9]|2[0-3]):?[0-5][0-9])?)?)?$';

/** Documented only: a malformed id has an answer of its own on each address. */
export const IdParamsSchema = Type.Object({ id: IdSchema });

/** Any text has an answer there. */
export const SettledParamsSchema = Type.Object({
  id: Type.String({ minLength: 1, description: "The load's id.", examples: ['nightly-2026-01-01'] }),
});

export const WaitQuerySchema = Type.Object({
  wait: Type.Optional(
    Type.Number({
      minimum: 0,
      description: `Seconds to wait for a change of status, at most ${MAX_WAIT_S}; \`Prefer: wait=\` does the same.`,
    }),
  ),
});

export const LoadsQuerySchema = Type.Object(
  {
    env: Type.Optional(Type.String({ pattern: TEXT, description: 'Loads of this environment.' })),
    data_set: Type.Optional(Type.String({ pattern: TEXT, description: 'Loads of this data set.' })),
    status: Type.Optional(Type.Enum([...LOAD_STATUSES], { ...string, description: 'Loads in this state.' })),
    done: Type.Optional(
      Type.Boolean({ description: 'Whether they are finished: `false` gives what runs or waits now.' }),
    ),
    table: Type.Optional(
      Type.String({ pattern: TEXT, description: 'Loads into this target: `table` or `schema.table`.' }),
    ),
    from: Type.Optional(
      Type.String({
        pattern: TIME,
        description: 'Accepted at or after this time (ISO 8601; UTC where no offset is given).',
      }),
    ),
    to: Type.Optional(Type.String({ pattern: TIME, description: 'Accepted at or before this time.' })),
    cursor: cursor('The `next_cursor` of the page before.'),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: 'Loads of a page. Default: 50.' }),
    ),
  },
  { additionalProperties: false },
);

export const RejectsQuerySchema = Type.Object(
  {
    cursor: cursor('The `next_cursor` of the page before.'),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'Rejects of a page. Default: 100.' }),
    ),
  },
  { additionalProperties: false },
);

export const LogsQuerySchema = Type.Object(
  {
    cursor: cursor('Lines after this one: a `next_cursor` or a `seq`.'),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'Lines of a page. Default: 1,000.' }),
    ),
  },
  { additionalProperties: false },
);

function cursor(description: string) {
  return Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$', description }));
}
