import { Type } from 'typebox';
import { ERROR_CATALOGUE, type ErrorCode } from '../../loads/error-catalogue.js';

const ERROR_CODES = Object.keys(ERROR_CATALOGUE) as ErrorCode[];

export const ErrorCodeSchema = Type.Enum(ERROR_CODES, {
  $id: 'ErrorCode',
  type: 'string',
  description: 'A stable code; `/docs` explains each.',
});
export const CodeSchema = Type.Unsafe<ErrorCode>(Type.Ref('ErrorCode#'));

export const PlaceSchemas = {
  object: Type.Optional(Type.String({ description: 'The source object.' })),
  line: Type.Optional(Type.Integer({ minimum: 1, description: 'The line of the object, counted from 1.' })),
  record: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'The record of the object, counted from 1, where its format has no lines.',
    }),
  ),
  byte_offset: Type.Optional(
    Type.Integer({ minimum: 0, description: 'The first bad byte of the object, once it is decompressed.' }),
  ),
  column: Type.Optional(Type.String()),
  value: Type.Optional(Type.String({ description: 'The value as it stands in the source, shortened.' })),
};

export const ErrorReportSchema = Type.Object(
  {
    code: CodeSchema,
    detail: Type.String(),
    hint: Type.String(),
    retryable: Type.Boolean({ description: 'Whether Copydock tries it again by itself.' }),
    field: Type.Optional(Type.String()),
    sqlstate: Type.Optional(Type.String()),
    ...PlaceSchemas,
  },
  { description: 'Why the load failed.' },
);
