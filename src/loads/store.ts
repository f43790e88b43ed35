import type { Load, LoadRequest, LogLine } from './load.js';
import type { LoadStatus, TerminalStatus } from './load-status.js';
import type { Pause, PauseRequest } from './pause.js';
import type { RejectPage } from './reject.js';

/** A request that passed every check, with the decisions that were made for it once and for all. */
export interface AcceptedLoad {
  id: string;
  request: LoadRequest;
  /** SHA-256 (hex) of the canonical request. */
  requestHash: string;
  idempotencyKey: string | null;
  targetTable: string;
  /** Identity of the target database, without credentials: loads of one database share its scopes. */
  targetDatabase: string;
  /** The table whose scopes this load meets: the target, or the sample table. */
  scopeTable: string;
  /** The data set, or `*` for the whole table. */
  scopeKey: string;
  bucket: { name: string; source: Load['s3_bucket_source']; overridden: string | null };
  absentFields: string[];
  warnings: string[];
  /** How many unfinished loads the environment takes. */
  limits: { maxActiveLoads: number; maxQueuedLoads: number };
  /** The ends that the environment's webhook is told. */
  webhookStates: TerminalStatus[];
  submittedBy: string | null;
  /** W3C traceparent of the request; null: it is in no trace. */
  traceParent: string | null;
  logLines: string[];
}

/**
 * `created`: a new load. `replayed`: the same request came before and its load is active or succeeded.
 * `retried`: it came before, had failed or was cancelled, and a new attempt has begun. `conflict`: the id or key was
 * used for another request.
 */
export type AcceptOutcome = { outcome: 'created' | 'replayed' | 'retried' | 'conflict'; load: Load };

export type RetryOutcome = { outcome: 'retried' | 'not_retryable'; load: Load };

/** `requested`: a worker will end it. `cancelled`: it is over now. `finished`: it was terminal before. */
export type CancelOutcome = { outcome: 'requested' | 'cancelled' | 'finished' | 'too_late'; load: Load };

export interface LoadFilter {
  ids?: string[] | undefined;
  env?: string | undefined;
  /** Environments that the caller may see; undefined: all. */
  envs?: string[] | undefined;
  data_set?: string | undefined;
  status?: LoadStatus | undefined;
  /** Whether the status is terminal. */
  done?: boolean | undefined;
  table?: string | undefined;
  /** ISO 8601; by time of acceptance. */
  from?: string | undefined;
  to?: string | undefined;
  /** Loads with a smaller `load_order` than this. */
  before?: number | undefined;
  limit: number;
}

export interface EnvironmentUse {
  /** Unfinished loads with a live lease. */
  activeLoads: number;
}

/** A load that somebody should be woken for. */
export interface Wake {
  id: string;
  env: string;
  wakeNumber: number;
}

/** The control database as the API sees it. Every method may throw CopydockError `unavailable`. */
export interface LoadStore {
  accept(load: AcceptedLoad): Promise<AcceptOutcome & { wake: Wake | null }>;
  get(id: string): Promise<Load | null>;
  list(filter: LoadFilter): Promise<Load[]>;
  logs(id: string, afterSeq: number, limit: number): Promise<LogLine[]>;
  rejects(id: string, afterSeq: number, limit: number): Promise<RejectPage>;
  /** The columns of all rejects that are kept. */
  rejectColumns(id: string): Promise<string[]>;
  cancel(id: string): Promise<(CancelOutcome & { wake: Wake | null }) | null>;
  retry(id: string): Promise<(RetryOutcome & { wake: Wake | null }) | null>;
  /** Environments that a live worker serves, and how much they have to do. */
  environmentUse(): Promise<Map<string, EnvironmentUse>>;
  /** Of the environments that are paused. */
  pauses(): Promise<Pause[]>;
  /** From its end on no load of the environment begins. */
  pause(request: PauseRequest): Promise<Pause>;
  /** Answers the pause that is over; null: there was none. */
  resume(env: string): Promise<Pause | null>;
  /** Whether a load is queued and may not begin yet, since too many earlier ones of its scope are unfinished. */
  hasNoTurn(id: string): Promise<boolean>;
  /** Fails loads whose deadline has passed and that nobody works on; hands out every load that needs a worker. */
  sweep(): Promise<Wake[]>;
  /** Deletes some of the loads that ended longer ago and are cleaned up, with all that is kept of them. Answers how many. */
  expire(olderThanDays: number): Promise<number>;
  isReady(): Promise<boolean>;
}

/** Carries wake-ups, never truth: a lost one is made good by the sweep. */
export interface LoadQueue {
  /** Fails fast when the queue is down. */
  wake(wake: Wake): Promise<void>;
}

/** Tells of changed loads. Changes may be told late or twice, never not at all (the feed re-reads after a gap). */
export interface LoadChanges {
  /** Calls `onChange` after the load changed; returns the way to stop. */
  subscribe(id: string, onChange: () => void): () => void;
  /** The same for every load, new ones too. Without an id: any of them may have changed. */
  subscribeAll(onChange: (id: string | null) => void): () => void;
}
