import { Type } from 'typebox';

/** One ASCII character that is not NUL, CR or LF. */
const ONE_CHARACTER = '^[\\x01-\\x09\\x0b\\x0c\\x0e-\\x7f]$';

export const CsvOptionsSchema = Type.Object(
  {
    delimiter: Type.Optional(
      Type.String({
        pattern: ONE_CHARACTER,
        description:
          'Default: that of `,` `;` tab and `|` which divides the first records alike; the load logs what was found.',
        examples: ['|'],
      }),
    ),
    quote: Type.Optional(Type.String({ pattern: ONE_CHARACTER, description: 'Default: a double quote.' })),
    escape: Type.Optional(Type.String({ pattern: ONE_CHARACTER, description: 'Default: the quote.' })),
    null_string: Type.Optional(
      Type.String({
        pattern: '^[^\\r\\n]*$',
        maxLength: 64,
        description:
          'What an unquoted field holds to mean NULL. Default: nothing; an empty field, quoted or not, is then also NULL in columns that are not text.',
      }),
    ),
    header: Type.Optional(
      Type.Boolean({
        description:
          'Whether each source object begins with a header. Default: true; with `columns`, whether the first record holds their names.',
      }),
    ),
    columns: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
        minItems: 1,
        maxItems: 1600,
        description:
          'The names of the columns, where there is no header. For JSON Lines: the keys to load, where the first records do not have them all.',
      }),
    ),
    encoding: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,40}$',
        description:
          'The encoding of the text: UTF8 (default), UTF16, UTF16LE, UTF16BE, LATIN1 or WIN1252. UTF-16 with a byte order mark needs no mention.',
        examples: ['LATIN1'],
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "How the CSV is written. Default: the data set's configuration.",
  },
);
