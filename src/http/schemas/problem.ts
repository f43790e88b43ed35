import { type Static, Type } from 'typebox';
import { CodeSchema, PlaceSchemas } from './error-report.js';

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: 'uri-reference', description: 'Where the code is explained.' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: CodeSchema,
    detail: Type.String({ description: 'One line that says what is wrong.' }),
    hint: Type.String({ description: 'The way out.' }),
    instance: Type.String({ format: 'uri-reference', description: 'The address that was asked for.' }),
    field: Type.Optional(Type.String({ description: 'The field that is wrong.' })),
    ...PlaceSchemas,
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          code: CodeSchema,
          detail: Type.String(),
          field: Type.Optional(Type.String()),
          hint: Type.Optional(Type.String()),
        }),
        { description: 'Everything that is wrong with the request; the first is the one above.' },
      ),
    ),
  },
  {
    $id: 'Problem',
    description: 'An error, as RFC 9457 has it.',
    examples: [
      {
        type: '/docs#invalid_request',
        title: 'The request is not valid',
        status: 400,
        code: 'invalid_request',
        detail: 's3_buket is not a known field.',
        hint: 'Did you mean s3_bucket?',
        instance: '/v1/loads',
        field: 's3_buket',
        errors: [
          {
            code: 'invalid_request',
            field: 's3_buket',
            detail: 's3_buket is not a known field.',
            hint: 'Did you mean s3_bucket?',
          },
        ],
      },
    ],
  },
);

export type Problem = Static<typeof ProblemSchema>;
