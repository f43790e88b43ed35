import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The page as browsers get it; built packages have a copy beside this file. */
const PUBLIC_DIR = new URL('./public/', import.meta.url);
const MEDIA_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Asset {
  mediaType: string;
  content: Buffer;
  etag: string;
}

/** Every file of the page by its name, and the one library that it uses. They are small, and read once. */
export function readAssets(): Map<string, Asset> {
  const names = readdirSync(PUBLIC_DIR).filter(
    (name) => !name.endsWith('.d.ts') && extname(name) in MEDIA_TYPES,
  );
  const assets = new Map(
    names.map((name) => [name, readAsset(name, fileURLToPath(new URL(name, PUBLIC_DIR)))]),
  );
  return assets.set('preact.js', readAsset('preact.js', fileURLToPath(import.meta.resolve('preact'))));
}

function readAsset(name: string, file: string): Asset {
  const content = readFileSync(file);
  const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  return { mediaType: MEDIA_TYPES[extname(name)] ?? 'application/octet-stream', content, etag };
}
