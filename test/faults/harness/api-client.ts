import { setTimeout as sleep } from 'node:timers/promises';

// biome-ignore lint/suspicious/noExplicitAny: bodies of answers are looked at field by field
export type Body = Record<string, any>;

const POLL_MS = 50;
const PATIENCE_MS = 180_000;

/** Speaks with the API as a patient client does. */
export class ApiClient {
  /** Of the API process; empty until there is one. */
  url = '';
  readonly #staging: string;

  constructor(staging: string) {
    this.#staging = staging;
  }

  /** `http` is the answer's status. Throws where there is no answer. */
  async request(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Body> {
    const response = await fetch(this.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { ...(text.startsWith('{') ? (JSON.parse(text) as Body) : { text }), http: response.status };
  }

  get(path: string): Promise<Body> {
    return this.request('GET', path);
  }

  /** Submits a load of `development`, staged in the world's bucket. */
  post(request: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Body> {
    const body = { env: 'development', s3_bucket: this.#staging, ...request };
    return this.request('POST', '/v1/loads', body, headers);
  }

  /** The same under the client's own id. */
  putLoad(id: string, request: Record<string, unknown>): Promise<Body> {
    const body = { env: 'development', s3_bucket: this.#staging, ...request };
    return this.request('PUT', `/v1/loads/${id}`, body);
  }

  cancel(id: string): Promise<Body> {
    return this.request('POST', `/v1/loads/${id}/cancel`);
  }

  retry(id: string): Promise<Body> {
    return this.request('POST', `/v1/loads/${id}/retry`);
  }

  /** Waits, through outages of the API too, until a load has ended. */
  waitUntilDone(id: string, timeoutMs = PATIENCE_MS): Promise<Body> {
    return this.waitUntil(id, ({ done }) => done === true, timeoutMs);
  }

  async waitUntil(id: string, isWanted: (load: Body) => boolean, timeoutMs = PATIENCE_MS): Promise<Body> {
    const giveUpAt = Date.now() + timeoutMs;
    let last: Body = {};
    while (Date.now() < giveUpAt) {
      last = await this.get(`/v1/loads/${id}`).catch((error: Error) => ({ error: error.message }));
      if (last.http === 200 && isWanted(last)) return last;
      await sleep(POLL_MS);
    }
    throw new Error(`load ${id} was never as wanted: ${JSON.stringify(last)}`);
  }
}
