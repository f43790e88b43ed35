import { createServer } from 'node:net';

/**
 * A loopback port that was free a moment ago: the wanted one, or any.
 * @throws Error if the wanted one is taken
 */
export async function findFreePort(wanted = 0): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'another process has it' : cause.message;
      reject(new Error(`Port ${wanted} can't be used: ${reason}. Choose another one.`, { cause }));
    });
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}
