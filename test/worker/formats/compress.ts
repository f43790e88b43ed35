import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

/** How the tests compress: gzip by Node, the others by Debian's programs. */
export const COMPRESSIONS: Record<string, { ending: string; compress(content: Buffer): Buffer }> = {
  none: { ending: '', compress: (content) => content },
  gzip: { ending: '.gz', compress: (content) => gzipSync(content) },
  zstd: { ending: '.zst', compress: (content) => runFilter('zstd', ['-q', '-c'], content) },
  bzip2: { ending: '.bz2', compress: (content) => runFilter('bzip2', ['-c'], content) },
};

function runFilter(program: string, options: string[], input: Buffer): Buffer {
  return execFileSync(program, options, { input, maxBuffer: 1024 ** 3 });
}
