import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { downloadModule } from './go-tools.js';

/** The version of Kubernetes whose kinds the chart is checked against. */
export const KUBERNETES = '1.34.4';
const PROMETHEUS_OPERATOR = '0.85.0';
const EXTERNAL_SECRETS = '1.3.2';
const DEFINITIONS = '_definitions.json';

interface Json {
  [key: string]: unknown;
}

/**
 * Writes a JSON schema for each kind, as kubeconform wants them, from Kubernetes' own description and from the custom
 * resources of the Prometheus Operator and the External Secrets Operator. A key that a kind does not have is an error.
 */
export async function writeSchemas(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeKubernetesSchemas(folder);
  const operator = downloadModule(
    'github.com/prometheus-operator/prometheus-operator',
    `v${PROMETHEUS_OPERATOR}`,
  );
  await writeCustomSchemas(folder, join(operator, 'example/prometheus-operator-crd'));
  const secrets = downloadModule('github.com/external-secrets/external-secrets', `v${EXTERNAL_SECRETS}`);
  await writeCustomSchemas(folder, join(secrets, 'config/crds/bases'));
}

interface GroupKind {
  group: string;
  version: string;
  kind: string;
}

async function writeKubernetesSchemas(folder: string): Promise<void> {
  const source = downloadModule('k8s.io/kubernetes', `v${KUBERNETES}`);
  const text = await readFile(join(source, 'api/openapi-spec/swagger.json'), 'utf8');
  const { definitions } = JSON.parse(text) as { definitions: Record<string, Json> };
  const strict = Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, toStrict(one)]));
  strict['io.k8s.apimachinery.pkg.util.intstr.IntOrString'] = { type: ['string', 'integer'] };
  strict['io.k8s.apimachinery.pkg.api.resource.Quantity'] = { type: ['string', 'number'] };
  await writeFile(join(folder, DEFINITIONS), JSON.stringify({ definitions: strict }));
  for (const [name, definition] of Object.entries(definitions)) {
    for (const kind of (definition['x-kubernetes-group-version-kind'] ?? []) as GroupKind[]) {
      await writeKind(folder, kind, { $ref: `${DEFINITIONS}#/definitions/${name}` });
    }
  }
}

async function writeCustomSchemas(folder: string, source: string): Promise<void> {
  for (const file of await readdir(source)) {
    const { spec } = parse(await readFile(join(source, file), 'utf8'));
    for (const { name: version, schema } of spec?.versions ?? []) {
      const { kind } = spec.names;
      await writeKind(folder, { group: spec.group, version, kind }, toStrict(schema.openAPIV3Schema) as Json);
    }
  }
}

async function writeKind(folder: string, { group, version, kind }: GroupKind, schema: Json): Promise<void> {
  const suffix = group === '' ? version : `${group.split('.')[0]}-${version}`;
  await writeFile(join(folder, `${kind.toLowerCase()}-${suffix}.json`), JSON.stringify(schema));
}

/** Without keys that are not described, and with null for what may be absent. */
function toStrict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toStrict);
  if (typeof value !== 'object' || value === null) return value;
  const schema = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, toStrict(item)]),
  ) as Json;
  const isIntOrString = schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true;
  if (isIntOrString) return { type: ['integer', 'string'] };
  if (isOfProperties(schema)) {
    if (schema['x-kubernetes-preserve-unknown-fields'] !== true) schema.additionalProperties ??= false;
    allowNull(schema);
  }
  return schema;
}

/** A schema, and not the list of a schema's properties in which one is called `properties`. */
function isOfProperties(schema: Json): boolean {
  return (
    typeof schema.properties === 'object' && (schema.type === undefined || typeof schema.type === 'string')
  );
}

function allowNull({ properties, required = [] }: Json): void {
  for (const [name, property] of Object.entries(properties as Record<string, Json>)) {
    const isOptional = !(required as string[]).includes(name);
    if (isOptional && typeof property.type === 'string') property.type = [property.type, 'null'];
  }
}
