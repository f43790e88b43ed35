import { createHash } from 'node:crypto';
import type { Load, WaitingFor } from '../loads/load.js';
import { isTerminal } from '../loads/load-status.js';
import type { Accepted, LoadState } from './schemas/answers.js';
import type { LoadBody } from './schemas/load.js';

/** Addresses are relative to the root: Airflow appends them to the base URL of its connection. */
export function linksOf(id: string) {
  const statusUrl = `/v1/loads/${encodeURIComponent(id)}`;
  return {
    status_url: statusUrl,
    gate_url: `${statusUrl}/gate`,
    settled_url: `${statusUrl}/settled`,
    ui_url: `/?load=${encodeURIComponent(id)}`,
  };
}

export function toAccepted({ id, status, s3_bucket, s3_bucket_source }: Load): Accepted {
  return { id, status, done: isTerminal(status), s3_bucket, s3_bucket_source, ...linksOf(id) };
}

export function toLoadBody(load: Load): LoadBody {
  const links = linksOf(load.id);
  return {
    ...load,
    done: isTerminal(load.status),
    ...links,
    logs_url: `${links.status_url}/logs`,
    rejects_url: `${links.status_url}/rejects`,
    events_url: `${links.status_url}/events`,
  };
}

/** Short, since a sensor logs the whole of it each time it asks. */
export function toLoadState({ id, status, attempt, waiting_for: waitingFor }: Load): LoadState {
  const state: LoadState = { id, status, done: isTerminal(status), attempt };
  return waitingFor && !state.done ? { ...state, detail: waitingFor.detail } : state;
}

/**
 * Strong: attempt and version stand for all that is stored. What a load waits for may be found out while reading and
 * raises no version, so it has a part of its own.
 */
export function etagOf({
  attempt,
  version,
  waiting_for: waitingFor,
}: Pick<Load, 'attempt' | 'version' | 'waiting_for'>): string {
  return `"${attempt}-${version}${waitingFor === null ? '' : `-${nameWaiting(waitingFor)}`}"`;
}

function nameWaiting({ reason, detail }: WaitingFor): string {
  return `${reason}-${createHash('sha256').update(detail).digest('hex').slice(0, 16)}`;
}

/** Whether an If-None-Match header names this ETag. */
export function namesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const candidates = header.split(',').map((candidate) => candidate.trim().replace(/^W\//, ''));
  return candidates.includes(etag) || candidates.includes('*');
}
