import type { Socket } from 'node:net';
import { CopydockError } from '../loads/errors.js';
import { toProblem } from './problem.js';

/** What is not HTTP reaches no route; its answer is a problem document nevertheless. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = toProblem(new CopydockError('invalid_request', explain(error.code)), '/');
  const body = JSON.stringify(problem);
  const head = [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function explain(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return 'The head of the request is larger than 16 KiB.';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'The request did not arrive in time.';
  return 'The request is not well formed HTTP.';
}
