import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { describeApi } from '../src/http/describe-api.js';

const FILE = new URL('../openapi.yaml', import.meta.url);
const HEAD = '# Generated from the schemas in src/http by `npm run openapi`.\n';

/** Writes openapi.yaml; with --check fails where the file differs from what the schemas generate. */
const generated = HEAD + stringify(await describeApi(), { lineWidth: 110, aliasDuplicateObjects: false });
if (process.argv.includes('--check')) {
  if ((await readFile(FILE, 'utf8').catch(() => '')) !== generated) {
    console.error('openapi.yaml differs from the schemas. Run: npm run openapi');
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, generated);
}
