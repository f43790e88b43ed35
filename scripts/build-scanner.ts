import { readFile, writeFile } from 'node:fs/promises';
import openWabt from 'wabt';

const SOURCE = new URL('../src/worker/cut/block-scanner.wat', import.meta.url);
const PROGRAM = new URL('../src/worker/cut/block-scanner-program.ts', import.meta.url);

/** The module that the text of the scanner makes: what block-scanner-program.ts must hold. */
export async function writeProgram(): Promise<string> {
  const wabt = await openWabt();
  const module = wabt.parseWat('block-scanner.wat', await readFile(SOURCE, 'utf8'), { simd: true });
  module.resolveNames();
  module.validate();
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  const lines = base64.match(/.{1,100}/g) ?? [];
  return [
    '/** Generated from block-scanner.wat by `npm run scanner`: a WebAssembly module, in base64. */',
    'export const BLOCK_SCANNER_PROGRAM = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

if (process.argv[1] === import.meta.filename) await writeFile(PROGRAM, await writeProgram());
