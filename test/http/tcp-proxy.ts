import net from 'node:net';
import type { Test } from 'tap';
import { serveRelay } from '../services/serve-relay.js';

/** Stands before the server of a URL; what breaks it is serveRelay's. */
export async function startTcpProxy(
  t: Test,
  target: string,
  isBroken: () => boolean = () => false,
): Promise<{ url: string; cut(): void }> {
  const { port, cut } = await serveRelay(t, target, (onClient) => net.createServer(onClient), isBroken);
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { url: url.href, cut };
}
