import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Test } from 'tap';
import type { WebhookConfig } from '../../src/config/types.js';
import { TERMINAL_STATUSES } from '../../src/loads/load-status.js';
import { serveHttp } from '../services/serve-http.js';

const DEADLINE_MS = 60_000;

export interface ReceivedPost {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** How the receiver answers the post of that number; without an answer it hangs. */
export type Answer = (response: ServerResponse, number: number) => void;

export interface Receiver {
  url: string;
  posts: ReceivedPost[];
  answer: Answer;
  /** Answers those posts that hang. */
  release(): void;
  /** Resolves once so many posts have come, of those that are wanted. */
  received(count: number, isWanted?: (post: ReceivedPost) => boolean): Promise<ReceivedPost[]>;
}

export const TAKE: Answer = (response) => void response.writeHead(204).end();
export const HANG: Answer = () => {};

export function refuse(status: number, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, headers).end('no');
}

/** An HTTP server that takes what is posted, unless it is told otherwise. */
export async function startReceiver(t: Test, answer: Answer = TAKE): Promise<Receiver> {
  const arrivals = new EventEmitter();
  const responses: ServerResponse[] = [];
  const receiver: Receiver = {
    url: '',
    posts: [],
    answer,
    release: () => {
      for (const response of responses) if (!response.headersSent) TAKE(response, 0);
    },
    received: async (count, isWanted = () => true) => {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      while (receiver.posts.filter(isWanted).length < count) await once(arrivals, 'post', { signal });
      return receiver.posts.filter(isWanted);
    },
  };
  const url = await serveHttp(t, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    receiver.posts.push({ path: request.url ?? '', headers: request.headers, body });
    responses.push(response);
    receiver.answer(response, receiver.posts.length);
    arrivals.emit('post');
  });
  receiver.url = `${url}/hooks`;
  return receiver;
}

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const FORMER_SECRET = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

/** The webhook of that receiver, as the configuration leaves it. */
export function webhookTo(url: string, secrets: string[] = [SECRET]): WebhookConfig {
  const keys = secrets.map((secret) => Buffer.from(secret.replace('whsec_', ''), 'base64'));
  return { url, keys, states: [...TERMINAL_STATUSES] };
}
