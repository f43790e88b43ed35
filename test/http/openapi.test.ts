import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { describeApi } from '../../src/http/describe-api.js';
import { parseLoadRequest } from '../../src/loads/request.js';
import { validateAs, validateResponse } from './validate-response.js';

const file = parse(await readFile(resolve(import.meta.dirname, '../../openapi.yaml'), 'utf8'));

t.test('openapi.yaml is what the schemas generate', async (t) => {
  t.same(file, JSON.parse(JSON.stringify(await describeApi())));
});

t.test('every example is true', async (t) => {
  const withExamples = Object.entries<{ examples?: unknown[] }>(file.components.schemas).filter(
    ([, { examples }]) => examples,
  );
  t.ok(withExamples.length >= 4);
  for (const [name, { examples = [] }] of withExamples) {
    for (const example of examples) t.doesNotThrow(() => validateAs(name, example), name);
  }
  const [request] = file.components.schemas.LoadRequest.examples;
  t.same(parseLoadRequest(request), { request, absentFields: [] });
});

t.test('every operation names itself once and documents each of its answers', async (t) => {
  const names = new Set<string>();
  for (const methods of Object.values<object>(file.paths)) {
    for (const { operationId, summary, responses } of Object.values(methods)) {
      t.notOk(names.has(operationId), operationId);
      names.add(operationId);
      t.ok(summary, operationId);
      for (const { description } of Object.values<{ description: string }>(responses)) {
        t.not(description, 'Default Response', operationId);
      }
    }
  }
});

t.test('a response that differs from openapi.yaml is found', async (t) => {
  const json = { contentType: 'application/json; charset=utf-8' };
  const seen = { method: 'GET', path: '/livez', status: 200, body: '{"status":"alive"}', ...json };
  t.doesNotThrow(() => validateResponse(seen));
  t.throws(() => validateResponse({ ...seen, body: '{}' }), /status/);
  t.throws(() => validateResponse({ ...seen, body: '{"status":"dead"}' }), /allowed values/);
  t.throws(() => validateResponse({ ...seen, status: 201 }), /status is not in/);
  t.throws(() => validateResponse({ ...seen, contentType: 'text/html' }), /text\/html is not in/);
  t.throws(() => validateResponse({ ...seen, path: '/nowhere' }), /address is not in/);
});
