import { type Static, Type } from 'typebox';
import { LOAD_STATUSES } from '../../loads/load-status.js';
import {
  AttemptSchema,
  BucketSourceSchema,
  DoneSchema,
  IdSchema,
  LinkSchemas,
  StatusSchema,
  string,
} from './load.js';
import { nullable } from './nullable.js';

const { status_url, gate_url, settled_url, ui_url } = LinkSchemas;

export const AcceptedSchema = Type.Object(
  {
    id: IdSchema,
    status: StatusSchema,
    done: DoneSchema,
    s3_bucket: Type.String({ description: 'The staging bucket, decided once and for all.' }),
    s3_bucket_source: BucketSourceSchema,
    status_url,
    gate_url,
    settled_url,
    ui_url,
  },
  {
    $id: 'Accepted',
    description: 'What is known of a load when it is accepted.',
    examples: [
      {
        id: 'nightly-2026-01-01',
        status: 'queued',
        done: false,
        s3_bucket: 'development-pyspark-jobs-codepackage',
        s3_bucket_source: 'request',
        status_url: '/v1/loads/nightly-2026-01-01',
        gate_url: '/v1/loads/nightly-2026-01-01/gate',
        settled_url: '/v1/loads/nightly-2026-01-01/settled',
        ui_url: '/?load=nightly-2026-01-01',
      },
    ],
  },
);
export type Accepted = Static<typeof AcceptedSchema>;

export const LoadStateSchema = Type.Object(
  {
    id: Type.String(),
    status: Type.Enum([...LOAD_STATUSES, 'unknown'], {
      ...string,
      description: 'The state of the current attempt; `unknown` where there is no load to tell of.',
    }),
    done: Type.Boolean({ description: 'Whether there is nothing left to wait for.' }),
    attempt: Type.Optional(AttemptSchema),
    detail: Type.Optional(Type.String({ description: 'What it waits for, or why it is unknown.' })),
  },
  {
    $id: 'LoadState',
    description: 'A load in short.',
    examples: [{ id: 'nightly-2026-01-01', status: 'copying', done: false, attempt: 1 }],
  },
);
export type LoadState = Static<typeof LoadStateSchema>;

const CursorSchema = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description: 'What to send as `cursor` for the next page; null where there is none now.',
});

export const LoadPageSchema = Type.Object(
  { items: Type.Array(Type.Ref('Load#')), next_cursor: CursorSchema },
  { $id: 'LoadPage', description: 'Loads, newest first.' },
);

export const LogPageSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        seq: Type.Integer({ description: 'As `cursor`, it asks for what comes after this line.' }),
        attempt: AttemptSchema,
        at: Type.String({ format: 'date-time' }),
        level: Type.Enum(['info', 'warning', 'error'], string),
        message: Type.String(),
      }),
    ),
    next_cursor: CursorSchema,
  },
  { $id: 'LogPage', description: "Lines of the load's own log, oldest first." },
);

const positions = { minimum: 0 };

export const RejectPageSchema = Type.Object(
  {
    rejected: Type.Integer({
      minimum: 0,
      description: 'How many records of the attempt were left out, those that are not kept included.',
    }),
    items: Type.Array(
      Type.Object({
        seq: Type.Integer({ description: 'In the order of the source, from 1.' }),
        object: Type.String({ description: 'The source object.' }),
        line: nullable(Type.Integer({ ...positions, description: 'Where the record begins, from 1.' })),
        record_number: nullable(
          Type.Integer({ ...positions, description: 'Instead of the line, of JSON Lines and Parquet.' }),
        ),
        byte_offset: nullable(
          Type.Integer({
            ...positions,
            description:
              'Where the record begins, from 0, once the object is decompressed; null where it is read in another form.',
          }),
        ),
        column: nullable(Type.String({ description: 'The column at fault; null: the record itself.' })),
        sqlstate: Type.String(),
        reason: Type.String(),
        record: Type.String({ description: 'As it was to be copied, without its line end.' }),
        is_cut: Type.Boolean({ description: 'Only the beginning of the record is kept.' }),
      }),
    ),
    next_cursor: CursorSchema,
  },
  { $id: 'RejectPage', description: 'Rejects of the current attempt, in the order of the source.' },
);

export const CallerSchema = Type.Object(
  {
    name: Type.String({ description: 'The name of the API key.' }),
    environments: Type.Unsafe<string[] | null>({
      type: ['array', 'null'],
      items: { type: 'string' },
      description: 'Environments that it covers; null: all.',
    }),
    access: Type.Enum(['read', 'write'], { ...string, description: 'Write includes read.' }),
  },
  {
    $id: 'Caller',
    description: 'Who asks, as the API key says.',
    examples: [{ name: 'airflow', environments: ['production'], access: 'write' }],
  },
);

export const HealthSchema = Type.Object(
  { status: Type.Enum(['alive', 'ready'], string) },
  { $id: 'Health', description: 'The process serves.' },
);
