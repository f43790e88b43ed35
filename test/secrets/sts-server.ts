import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { serveHttp } from '../services/serve-http.js';

export interface StsRole {
  accessKeyId: string;
  secretAccessKey: string;
  /** What the trust policy wants to hear. */
  externalId?: string;
}

export interface AssumedRole {
  arn: string;
  sessionName: string;
  externalId: string | null;
  /** Whose access key asked. */
  caller: string;
}

export interface StsServer {
  endpoint: string;
  /** Roles that may be assumed, by ARN. */
  roles: Map<string, StsRole>;
  /** What was asked, refusals too. */
  asked: AssumedRole[];
  /** Of the credentials that are given. */
  lifetimeMs: number;
  /** Every answer is this error of AWS until it is null again. */
  fault: { code: string; status: number } | null;
}

/** Speaks AssumeRole of AWS STS, of which there is no server to run. The credentials are those of real users of the S3 server. */
export async function startStsServer(t: Test): Promise<StsServer> {
  const state: StsServer = { endpoint: '', roles: new Map(), asked: [], lifetimeMs: 3_600_000, fault: null };
  state.endpoint = await serveHttp(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const asked = readQuestion(request, new URLSearchParams(body));
    state.asked.push(asked);
    const role = state.roles.get(asked.arn);
    const isTrusted = role !== undefined && (role.externalId ?? null) === asked.externalId;
    if (state.fault !== null) refuse(response, state.fault);
    else if (isTrusted) answer(response, role, state.lifetimeMs);
    else refuse(response, { code: 'AccessDenied', status: 403 });
  });
  return state;
}

/** Of a request that is signed by AWS Signature Version 4. */
export function readAccessKey({ headers: { authorization = '' } }: IncomingMessage): string {
  return /Credential=([^/]+)\//.exec(authorization)?.[1] ?? '';
}

function readQuestion(request: IncomingMessage, form: URLSearchParams): AssumedRole {
  return {
    arn: form.get('RoleArn') ?? '',
    sessionName: form.get('RoleSessionName') ?? '',
    externalId: form.get('ExternalId'),
    caller: readAccessKey(request),
  };
}

function answer(response: ServerResponse, role: StsRole, lifetimeMs: number): void {
  const expiration = new Date(Date.now() + lifetimeMs).toISOString();
  response.writeHead(200, { 'Content-Type': 'text/xml' });
  response.end(
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
      <AccessKeyId>${role.accessKeyId}</AccessKeyId><SecretAccessKey>${role.secretAccessKey}</SecretAccessKey>
      <Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  );
}

function refuse(response: ServerResponse, { code, status }: { code: string; status: number }): void {
  response.writeHead(status, { 'Content-Type': 'text/xml' });
  response.end(
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>refused</Message></Error></ErrorResponse>`,
  );
}
