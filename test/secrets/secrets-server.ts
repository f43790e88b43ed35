import type { Test } from 'tap';
import { serveHttp } from '../services/serve-http.js';
import { readAccessKey } from './sts-server.js';

export interface SecretsServer {
  endpoint: string;
  secrets: Map<string, string>;
  /** How often a secret was asked for. */
  reads: number;
  /** Whose access keys asked, one after another. */
  callers: string[];
  /** Every answer is this error of AWS until it is null again. */
  fault: string | null;
}

/** Speaks GetSecretValue of AWS Secrets Manager, of which there is no server to run. */
export async function startSecretsServer(t: Test): Promise<SecretsServer> {
  const state: SecretsServer = { secrets: new Map(), reads: 0, callers: [], fault: null, endpoint: '' };
  state.endpoint = await serveHttp(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    state.reads += 1;
    state.callers.push(readAccessKey(request));
    const { SecretId: id } = JSON.parse(body) as { SecretId: string };
    const text = state.secrets.get(id);
    const fault = state.fault ?? (text === undefined ? 'ResourceNotFoundException' : null);
    response.writeHead(fault === null ? 200 : 400, { 'Content-Type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(fault === null ? { Name: id, SecretString: text } : { __type: fault, message: fault }),
    );
  });
  return state;
}
