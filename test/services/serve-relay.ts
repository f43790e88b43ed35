import net, { type AddressInfo } from 'node:net';
import type { Test } from 'tap';

/**
 * A server that joins each of its clients with the server of a URL. `cut` breaks every connection and refuses new ones, as the
 * end of the test does; while `isBroken` each new one is accepted and broken off at once.
 */
export async function serveRelay(
  t: Test,
  target: string,
  createServer: (onClient: (client: net.Socket) => void) => net.Server,
  isBroken: () => boolean = () => false,
): Promise<{ port: number; cut(): void }> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<net.Socket>();
  const server = createServer((client) => {
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
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(cut);
  return { port: (server.address() as AddressInfo).port, cut };
}
