import type { Readable } from 'node:stream';
import { type TProperties, type TSchema, Type } from 'typebox';
import { ERROR_CATALOGUE, type ErrorCode } from '../../loads/error-catalogue.js';

/** Problem details for each status of the given codes. */
export function problemResponses(...codes: ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const [status] = ERROR_CATALOGUE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: `${ofStatus.map((code) => ERROR_CATALOGUE[code][2]).join('; ')}: ${ofStatus.map((code) => `\`${code}\``).join(', ')}.`,
        ...(status === 401 ? { headers: { 'WWW-Authenticate': Type.String() } } : {}),
        ...(status === 503 || status === 429 ? { headers: { 'Retry-After': Type.Integer() } } : {}),
        content: { 'application/problem+json': { schema: Type.Ref('Problem#') } },
      },
    ]),
  );
}

/** What every address under /v1 may answer. */
export const COMMON_PROBLEMS = ['unauthorized', 'forbidden', 'unavailable', 'internal_error'] as const;

export function jsonResponse(name: string, description: string, headers?: Record<string, object>) {
  const content = { 'application/json': { schema: Type.Ref(`${name}#`) } };
  return { description, content, ...(headers ? { headers } : {}) };
}

export function textResponse(mediaType: string, description: string) {
  return { description, content: { [mediaType]: { schema: Type.String() } } };
}

/** `events`: a schema for each event, as its fields are written. */
export function eventsResponse(description: string, ...events: TSchema[]) {
  const [only] = events;
  const event = events.length === 1 && only !== undefined ? only : Type.Union(events);
  return { description, content: { 'text/event-stream': { schema: Type.Unsafe<Readable>(event) } } };
}

/** An event whose data is JSON. */
export function eventSchema(name: string, data: TSchema, fields: TProperties = {}): TSchema {
  const dataField = Type.String({ contentMediaType: 'application/json', contentSchema: data });
  return Type.Object({ event: Type.Enum([name], { type: 'string' }), ...fields, data: dataField });
}

export function emptyResponse(description: string, headers?: Record<string, object>) {
  return { description, type: 'null', ...(headers ? { headers } : {}) };
}

export const LOCATION_HEADER = { Location: Type.String({ description: 'The address of the load.' }) };
export const ETAG_HEADER = {
  ETag: Type.String({ description: 'Changes with the attempt and its version.' }),
};
export const PAGE_ETAG_HEADER = {
  ETag: Type.String({ description: 'Changes when a load of the page does, or the page itself.' }),
};
export const LINK_HEADER = { Link: Type.String({ description: 'The next page, with rel="next".' }) };
