import swagger from '@fastify/swagger';
import type { OpenAPIV3_1 } from 'openapi-types';
import { PauseBodySchema } from '../loads/pause.js';
import { AcceptedRequestSchema, LoadRequestSchema } from '../loads/request.js';
import {
  AcceptedSchema,
  CallerSchema,
  HealthSchema,
  LoadPageSchema,
  LoadStateSchema,
  LogPageSchema,
  RejectPageSchema,
} from './schemas/answers.js';
import { EnvironmentSchema, EnvironmentsSchema } from './schemas/environment.js';
import { ErrorCodeSchema } from './schemas/error-report.js';
import { LoadSchema } from './schemas/load.js';
import { ProblemSchema } from './schemas/problem.js';
import type { App } from './types.js';
import { WEBHOOKS } from './webhooks.js';

export type OpenApiDocument = OpenAPIV3_1.Document;

const SHARED_SCHEMAS = [
  LoadRequestSchema,
  AcceptedRequestSchema,
  AcceptedSchema,
  LoadSchema,
  LoadStateSchema,
  LoadPageSchema,
  LogPageSchema,
  RejectPageSchema,
  EnvironmentSchema,
  EnvironmentsSchema,
  PauseBodySchema,
  CallerSchema,
  HealthSchema,
  ProblemSchema,
  ErrorCodeSchema,
];

/** Any of the ways to give a key. */
export const ANY_KEY: Record<string, string[]>[] = [{ basic: [] }, { bearer: [] }, { apiKey: [] }];

const description: Partial<OpenApiDocument> = {
  openapi: '3.1.0',
  info: {
    title: 'Copydock',
    version: 'v1',
    summary: 'Bulk-loads files from S3 into PostgreSQL with COPY.',
    description:
      'A client submits a load and asks until it is done. Every error is a problem document (RFC 9457) with a stable `code`; `/docs` lists them. Addresses in answers are relative to the root of the service.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  tags: [
    { name: 'loads', description: 'Submit loads, follow them, cancel and retry them.' },
    {
      name: 'sensors',
      description: 'What Airflow\'s HttpSensor polls: 404 means "not yet" and nothing else.',
    },
    { name: 'environments', description: 'Pause an environment, and let it go on.' },
    { name: 'service', description: 'Health and documentation.' },
  ],
  webhooks: WEBHOOKS,
  security: ANY_KEY,
  components: {
    securitySchemes: {
      basic: { type: 'http', scheme: 'basic', description: 'Any login, with an API key as the password.' },
      bearer: { type: 'http', scheme: 'bearer', description: 'An API key.' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
    },
  },
};

/** Before the routes: from here on their schemas are collected into the document. */
export async function registerOpenApi(app: App): Promise<void> {
  for (const schema of SHARED_SCHEMAS) app.addSchema(schema);
  await app.register(swagger, {
    openapi: description,
    convertConstToEnum: false,
    refResolver: { buildLocalReference: (json, _baseUri, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
}

/** After `app.ready()`. */
export function openApiOf(app: App): OpenApiDocument {
  return letBodiesBeAbsent(app.swagger() as OpenApiDocument);
}

/** The plug-in says of every body that it must be there. */
function letBodiesBeAbsent(document: OpenApiDocument): OpenApiDocument {
  const pause = document.paths?.['/v1/environments/{env}/pause']?.post?.requestBody;
  if (pause && 'required' in pause) pause.required = false;
  return document;
}
