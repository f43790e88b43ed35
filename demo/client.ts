import { setTimeout as delay } from 'node:timers/promises';
import type { LoadBody } from '../src/http/schemas/load.js';
import type { Problem } from '../src/http/schemas/problem.js';
import type { LoadStatus } from '../src/loads/load-status.js';

/** Copydock over HTTP, as a DAG or a person with curl uses it. */
export interface DemoClient {
  submit(request: object): Promise<{ status: number; body: { id: string } | Problem }>;
  /** Waits for the load's end and its clean-up, and tells of each status on the way. */
  follow(id: string, onStatus: (status: LoadStatus) => void): Promise<LoadBody>;
  readLog(id: string): Promise<string[]>;
}

const CLEANUP_POLL_MS = 20;

export function createDemoClient(url: string, signal: AbortSignal): DemoClient {
  const get = (path: string, headers = {}) => fetch(url + path, { signal, headers });
  const read = async (path: string) => (await (await get(path)).json()) as LoadBody;
  return {
    submit: async (request) => {
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify(request);
      const answer = await fetch(`${url}/v1/loads`, { method: 'POST', headers, body, signal });
      return { status: answer.status, body: (await answer.json()) as { id: string } | Problem };
    },
    follow: async (id, onStatus) => {
      let load = await read(`/v1/loads/${id}`);
      onStatus(load.status);
      while (!load.done) {
        load = await read(`/v1/loads/${id}?wait=30`);
        onStatus(load.status);
      }
      while (load.cleanup?.status === 'pending') {
        await delay(CLEANUP_POLL_MS, undefined, { signal });
        load = await read(`/v1/loads/${id}`);
      }
      return load;
    },
    readLog: async (id) => {
      const answer = await get(`/v1/loads/${id}/logs`, { Accept: 'text/plain' });
      return (await answer.text()).trimEnd().split('\n');
    },
  };
}
