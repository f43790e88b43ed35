import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Static, Type } from 'typebox';
import { CopydockError } from './errors.js';
import { isJsonObject } from './json-object.js';
import { explainSchemaError } from './request-errors.js';
import { RequestError } from './request-problem.js';

const REASON_CHARACTERS = 200;
/** Any log and page can hold it. */
const ONE_LINE = '^[^\\u0000-\\u001f\\u007f]*$';

/** What a request to pause an environment may say. */
export const PauseBodySchema = Type.Object(
  {
    reason: Type.Optional(
      Type.String({
        maxLength: REASON_CHARACTERS,
        pattern: ONE_LINE,
        description: 'Why, in one line; loads that wait tell it.',
      }),
    ),
  },
  { $id: 'Pause', additionalProperties: false, description: 'An empty body does as well.' },
);

const isPauseBody = new Ajv2020({ allErrors: true, verbose: true }).compile<Static<typeof PauseBodySchema>>(
  PauseBodySchema,
);

/** Why no load of an environment begins. */
export interface Pause {
  env: string;
  /** ISO 8601. */
  pausedAt: string;
  /** The name of the API key, or `command-line`. */
  pausedBy: string;
  reason: string | null;
}

export interface PauseRequest {
  env: string;
  by: string;
  reason: string | null;
}

/** What a load that has not begun waits for. */
export function describePause({ env, pausedAt, pausedBy, reason }: Pause): string {
  return `${env} is paused since ${pausedAt} by ${pausedBy}${reason === null ? '' : `: ${reason}`}`;
}

/**
 * The reason that a body names; an empty body names none.
 * @throws CopydockError `invalid_request`
 */
export function parsePauseReason(body: unknown): string | null {
  if (body === undefined) return null;
  if (!isJsonObject(body)) {
    throw new CopydockError('invalid_request', 'The body must be a JSON object, or none.', {
      hint: 'Send {"reason": "..."}.',
    });
  }
  if (isPauseBody(body)) return body.reason || null;
  const [first, ...others] = (isPauseBody.errors ?? []).map(explainSchemaError);
  if (first === undefined) throw new Error('a body that is not valid has no error');
  throw new RequestError(first, ...others);
}
