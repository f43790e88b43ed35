import net, { type AddressInfo } from 'node:net';
import type { Test } from 'tap';

/**
 * Stands before the server of a URL. `cut` breaks every connection and refuses new ones; while `isBroken` each new one
 * is accepted and broken off at once.
 */
export async function startTcpProxy(
  t: Test,
  target: string,
  isBroken: () => boolean = () => false,
): Promise<{ url: string; cut(): void }> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    if (isBroken()) {
      client.destroy();
      return;
    }
    const upstream = net.connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(cut);
  return { url: url.href, cut };
}
