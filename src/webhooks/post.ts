import http from 'node:http';
import https from 'node:https';
import { explainTlsFault } from '../loads/tls-fault.js';
import { type Fault, parseRetryAfterMs } from './retry.js';

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** From the name's lookup to the end of the answer. */
  timeoutMs: number;
}

/** The rest of an answer is not waited for. */
const LONGEST_ANSWER_BYTES = 65_536;
const LONGEST_HEAD_BYTES = 16_384;

/**
 * Posts once; null: it was taken (2xx). Redirects are faults like any other answer, and a certificate is verified whatever
 * NODE_TLS_REJECT_UNAUTHORIZED says. Never rejects.
 */
export async function postEvent(post: Post): Promise<Fault | null> {
  const signal = AbortSignal.timeout(post.timeoutMs);
  try {
    const answer = await send(post, signal);
    await discard(answer).catch(() => {});
    return judge(answer);
  } catch (error) {
    const detail = signal.aborted ? `no answer within ${post.timeoutMs / 1_000} s` : explainFault(error);
    return { detail, status: null, retryAfterMs: null };
  }
}

function send({ url, headers, body }: Post, signal: AbortSignal): Promise<http.IncomingMessage> {
  const target = new URL(url);
  const options: https.RequestOptions = {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'copydock',
    },
    agent: false,
    maxHeaderSize: LONGEST_HEAD_BYTES,
    rejectUnauthorized: true,
    signal,
  };
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(target, options, resolve);
    sent.on('error', reject).on('close', () => reject(new Error('closed without an answer')));
    sent.end(body);
  });
}

/** So that the receiver can write its answer to the end. Rejects where that breaks off, by the signal of the request too. */
async function discard(answer: http.IncomingMessage): Promise<void> {
  let sizeBytes = 0;
  for await (const chunk of answer) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > LONGEST_ANSWER_BYTES) break;
  }
}

function judge({ statusCode: status = 0, headers }: http.IncomingMessage): Fault | null {
  if (status >= 200 && status < 300) return null;
  const detail = `answered ${status}${status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''}`;
  return { detail, status, retryAfterMs: parseRetryAfterMs(headers['retry-after'], Date.now()) };
}

/** By code: messages may hold addresses. */
function explainFault(error: unknown): string {
  const tlsFault = explainTlsFault(error);
  if (tlsFault !== null) return `TLS failed: ${tlsFault}`;
  const { code } = error as NodeJS.ErrnoException;
  return `no answer (${code ?? 'closed'})`;
}
