import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { isJsonObject } from '../loads/json-object.js';
import { RequestError } from '../loads/request.js';
import { explainSchemaError } from '../loads/request-errors.js';

/** A query holds strings only, so numbers are read from them. */
const ajv = new Ajv2020({ allErrors: true, verbose: true, coerceTypes: true });

/**
 * Checks queries. Bodies and ids are checked by src/loads, by the same schemas that are documented here; headers
 * where they are read.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart !== 'querystring') return () => true;
  const validate = ajv.compile(schema);
  return (query) => {
    const value = leaveOutEmpty(query);
    const [first, ...others] = validate(value) ? [] : (validate.errors ?? []).map(explainSchemaError);
    return first ? { error: new RequestError(first, ...others) } : { value };
  };
};

/** A template that rendered nothing leaves `env=` behind. */
function leaveOutEmpty(query: unknown): Record<string, unknown> {
  if (!isJsonObject(query)) return {};
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== '' && value !== 'None'));
}
