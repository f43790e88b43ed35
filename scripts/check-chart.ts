/**
 * npm run chart:check: lints the Helm chart, renders it with each set of values, checks what comes out against the schemas
 * of Kubernetes and of the operators, and runs the chart's unit tests. The tools are built once and kept in .cache.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../src/config.js';
import { ensureGoProgram } from './chart/go-tools.js';
import { KUBERNETES, writeSchemas } from './chart/schemas.js';
import { BAD_VALUES, CHART, VALUE_SETS } from './chart/value-sets.js';
import { run } from './run-command.js';

const PROJECT = join(import.meta.dirname, '..');
const SCHEMAS = join(PROJECT, '.cache', `kubernetes-schemas-${KUBERNETES}`);
/** A manifest that is wrong in these ways must be refused: else the schemas prove nothing. */
const SPOILS: [from: RegExp, to: string][] = [
  [/containerPort: 8080/, 'containerPort: "8080"'],
  [/terminationGracePeriodSeconds:/, 'terminationGraceSeconds:'],
  [/maxUnavailable: 0/, 'maxUnavailable: []'],
];

interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: unknown;
}

async function main(folder: string): Promise<void> {
  const [helm, kubeconform, unittest] = [
    await ensureGoProgram('helm'),
    await ensureGoProgram('kubeconform'),
    await ensureGoProgram('helm-unittest'),
  ];
  if (!existsSync(join(SCHEMAS, 'deployment-apps-v1.json'))) await writeSchemas(SCHEMAS);
  for (const part of ['CACHE', 'CONFIG', 'DATA']) process.env[`HELM_${part}_HOME`] = join(folder, part);

  const schemaLocation = join(SCHEMAS, '{{.ResourceKind}}{{.KindSuffix}}.json');
  const conform = (file: string) =>
    spawnSync(kubeconform, ['-strict', '-summary', '-schema-location', schemaLocation, file], {
      encoding: 'utf8',
    });

  for (const [name, values] of Object.entries(VALUE_SETS)) {
    run(helm, ['lint', '--strict', CHART, ...values]);
    const rendered = run(helm, ['template', 'release', CHART, '--include-crds', ...values]);
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, rendered);
    const { status, stdout } = conform(file);
    assert.equal(status, 0, `${name}: ${stdout}`);
    const manifests = parseAllDocuments(rendered).map((document) => document.toJS() as Manifest);
    await checkConfigs(folder, manifests);
    await checkMonitoring(manifests);
    console.log(`ok  ${name}: ${stdout.trim()}`);
    if (name === 'defaults') await checkThatSchemasBite(rendered, folder, conform);
  }
  checkBadValues(helm);
  await checkPackage(helm, folder);
  console.log(run(unittest, ['--strict', CHART]));
}

/** Copydock takes the configuration as the ConfigMap has it, where no variable of a secret is set. */
async function checkConfigs(folder: string, manifests: Manifest[]): Promise<void> {
  const texts = manifests.flatMap(({ data }) => data?.['copydock.yaml'] ?? []);
  assert.ok(texts.length > 0);
  for (const text of texts) {
    const file = join(folder, 'copydock.yaml');
    await writeFile(file, text);
    await loadConfig({ DATABASE_URL: 'postgres://control/db', COPYDOCK_CONFIG: file });
  }
}

/** The rules and the dashboard of the cluster are those of the folder monitoring. */
async function checkMonitoring(manifests: Manifest[]): Promise<void> {
  const read = (file: string) => readFile(join(PROJECT, 'monitoring', file), 'utf8');
  for (const { kind, spec, data } of manifests) {
    if (kind === 'PrometheusRule') assert.deepEqual(spec, parse(await read('alerts.yml')));
    const dashboard = data?.['copydock.json'];
    if (dashboard !== undefined) {
      assert.deepEqual(JSON.parse(dashboard), JSON.parse(await read('grafana-dashboard.json')));
    }
  }
}

async function checkThatSchemasBite(
  rendered: string,
  folder: string,
  conform: (file: string) => { status: number | null },
): Promise<void> {
  for (const [from, to] of SPOILS) {
    assert.match(rendered, from);
    const file = join(folder, 'spoilt.yaml');
    await writeFile(file, rendered.replace(from, to));
    assert.equal(conform(file).status, 1, `${to} is refused`);
  }
}

function checkBadValues(helm: string): void {
  for (const [set, why] of BAD_VALUES) {
    const { status, stderr } = spawnSync(helm, ['template', 'release', CHART, '--set', set], {
      encoding: 'utf8',
    });
    assert.notEqual(status, 0, `${set} is refused`);
    assert.match(stderr, why, set);
  }
  console.log(`ok  ${BAD_VALUES.length} bad values are refused`);
}

/** The package holds the files that the chart links to, and renders as the folder does. */
async function checkPackage(helm: string, folder: string): Promise<void> {
  const destination = join(folder, 'package');
  await mkdir(destination);
  run(helm, ['package', CHART, '--destination', destination]);
  const [file = ''] = await readdir(destination);
  const values = VALUE_SETS['production-redis'] ?? [];
  const render = (chart: string) => run(helm, ['template', 'release', chart, ...values]);
  assert.equal(render(join(destination, file)), render(CHART));
  console.log(`ok  ${file} renders as the folder does`);
}

const folder = await mkdtemp(join(tmpdir(), 'copydock-chart-'));
try {
  await main(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
