import { createRequire } from 'node:module';
import t from 'tap';
import { createLogger } from '../../src/logger.js';
import { openTracing } from '../../src/tracing/open-tracing.js';
import { startStack } from '../worker/stack.js';

const { cache } = createRequire(import.meta.url);
const loadedModules = () =>
  Object.keys(cache).filter((path) => /@opentelemetry\/(sdk|exporter|otlp)/.test(path));

t.test('nothing of the SDK is loaded unless traces are to go somewhere', async (t) => {
  const stack = await startStack(t);
  await stack.sql('CREATE TABLE public.tree (id int PRIMARY KEY)');
  await stack.put('tree.csv', 'id\n1\n');
  const path = `s3://${stack.source}/tree.csv`;
  t.match(await stack.load({ load_type: 'full', data_set: 'tree', path }), { status: 'succeeded' });
  t.same(loadedModules(), []);
  const { tracer, close } = await openTracing(
    { tracesUrl: 'http://127.0.0.1:9/v1/traces' },
    createLogger('silent'),
  );
  t.ok(loadedModules().length > 0);
  tracer.startSpan('one', { parent: null }).end();
  const begunAt = performance.now();
  await close();
  t.ok(performance.now() - begunAt < 15_000, 'nobody listens there, and the end does not wait for it');
});
