import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { resolve } from 'node:path';
import { findFreePort } from './free-port.js';

/** An optional package without types: only what is used of it is written down here. */
const PACKAGE: string = '@20minutes/s3rver';
type S3rverClass = new (options: {
  address: string;
  port: number;
  directory: string;
  silent: boolean;
  vhostBuckets: boolean;
  allowMismatchedSignatures: boolean;
}) => { run(): Promise<unknown>; httpServer: Server };

/** The only key pair that the server knows. */
const KEY = 'S3RVER';

export interface EmbeddedS3 {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  stop(): Promise<void>;
}

/**
 * An S3 server in this process, for trying things out: few objects, uploads from buffers, no proof of anything about
 * S3. What it stores stays in `dataDir`.
 */
export async function startEmbeddedS3(options: { dataDir: string; port?: number }): Promise<EmbeddedS3> {
  const S3rver = await importServer();
  const directory = resolve(options.dataDir);
  await mkdir(directory, { recursive: true });
  const port = await findFreePort(options.port);
  const server = new S3rver({
    address: '127.0.0.1',
    port,
    directory,
    silent: true,
    vhostBuckets: false,
    allowMismatchedSignatures: true,
  });
  await server.run();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: KEY, secretAccessKey: KEY },
    stop: () => closeServer(server.httpServer),
  };
}

async function importServer(): Promise<S3rverClass> {
  try {
    return ((await import(PACKAGE)) as { default: S3rverClass }).default;
  } catch (error) {
    throw new Error(`The embedded S3 needs a package that is not installed: npm install ${PACKAGE}`, {
      cause: error,
    });
  }
}

/** Connections that clients keep open don't hold it up. */
async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.close((error) => (error ? fail(error) : done()));
    server.closeAllConnections();
  });
}
