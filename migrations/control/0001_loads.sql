-- Up Migration

-- One row: who this control database is, and the clock of the sweep (COMMIT rules: after an outage nobody
-- takes over another worker's load for one lease).
CREATE TABLE copydock.control_state (
  singleton      boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  control_id     uuid NOT NULL DEFAULT gen_random_uuid(),
  last_sweep_at  timestamptz NOT NULL DEFAULT now(),
  no_takeover_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO copydock.control_state DEFAULT VALUES;

CREATE SEQUENCE copydock.load_order_seq AS bigint;
CREATE SEQUENCE copydock.lease_token_seq AS bigint;

-- An accepted load. The first block never changes; the second is the state of the current attempt, of which
-- copydock.attempts keeps a copy when a newer one begins.
CREATE TABLE copydock.loads (
  id                   text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$'),
  load_order           bigint NOT NULL UNIQUE,
  env                  text NOT NULL,
  load_type            text NOT NULL CHECK (load_type IN ('full', 'delta', 'sample')),
  data_set             text NOT NULL,
  target_table         text NOT NULL,
  target_database      text NOT NULL,
  scope_table          text NOT NULL,
  scope_key            text NOT NULL,
  request              jsonb NOT NULL,
  request_hash         text NOT NULL,
  idempotency_key      text UNIQUE,
  s3_bucket            text NOT NULL,
  s3_bucket_source     text NOT NULL,
  s3_bucket_overridden text,
  absent_fields        text[] NOT NULL DEFAULT '{}',
  warnings             text[] NOT NULL DEFAULT '{}',
  submitted_by         text,
  accepted_at          timestamptz NOT NULL DEFAULT now(),

  attempt              integer NOT NULL DEFAULT 1 CHECK (attempt >= 1),
  status               text NOT NULL DEFAULT 'queued'
                       CHECK (status IN ('queued', 'staging', 'copying', 'committing', 'succeeded', 'failed', 'cancelled')),
  version              bigint NOT NULL DEFAULT 1,
  attempt_at           timestamptz NOT NULL DEFAULT now(),
  deadline_at          timestamptz NOT NULL,
  started_at           timestamptz,
  finished_at          timestamptz,
  cancel_requested     boolean NOT NULL DEFAULT false,
  plan_id              uuid,
  staging_prefix       text,
  commit_plan          jsonb,
  waiting_for          jsonb,
  progress             jsonb,
  receipt              jsonb,
  error                jsonb,
  cleanup              jsonb,

  -- unanswered_wakes counts the sweeps that handed the load out since a worker last claimed it.
  wake_number          integer NOT NULL DEFAULT 1,
  wake_at              timestamptz NOT NULL DEFAULT now(),
  unanswered_wakes     integer NOT NULL DEFAULT 0,
  lease_token          bigint,
  lease_owner          text,
  lease_expires_at     timestamptz,
  takeovers            integer NOT NULL DEFAULT 0,
  last_error           jsonb,
  CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
-- The sweep's question, and the question of the order within a scope.
CREATE INDEX loads_unfinished ON copydock.loads (wake_at) WHERE finished_at IS NULL;
CREATE INDEX loads_scope_order ON copydock.loads (target_database, scope_table, load_order) WHERE finished_at IS NULL;
-- The list, newest first, by each of its filters.
CREATE INDEX loads_by_env ON copydock.loads (env, load_order DESC);
CREATE INDEX loads_by_data_set ON copydock.loads (data_set, load_order DESC);
CREATE INDEX loads_by_status ON copydock.loads (status, load_order DESC);
CREATE INDEX loads_by_table ON copydock.loads (target_table, load_order DESC);

-- Everything that a reader of the load can see raises its version (its ETag) and wakes those who wait for it.
CREATE FUNCTION copydock.raise_load_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  PERFORM pg_notify('copydock_loads', NEW.id);
  IF NEW.cancel_requested AND NOT OLD.cancel_requested THEN
    PERFORM pg_notify('copydock_cancel', NEW.id);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER loads_version BEFORE UPDATE ON copydock.loads FOR EACH ROW
WHEN ((OLD.attempt, OLD.status, OLD.cancel_requested, OLD.deadline_at, OLD.started_at, OLD.staging_prefix, OLD.commit_plan,
       OLD.waiting_for, OLD.progress, OLD.receipt, OLD.error, OLD.cleanup)
      IS DISTINCT FROM
      (NEW.attempt, NEW.status, NEW.cancel_requested, NEW.deadline_at, NEW.started_at, NEW.staging_prefix, NEW.commit_plan,
       NEW.waiting_for, NEW.progress, NEW.receipt, NEW.error, NEW.cleanup))
EXECUTE FUNCTION copydock.raise_load_version();

-- Earlier attempts of a load, as they ended.
CREATE TABLE copydock.attempts (
  load_id     text NOT NULL REFERENCES copydock.loads ON DELETE CASCADE,
  attempt     integer NOT NULL,
  status      text NOT NULL,
  attempt_at  timestamptz NOT NULL,
  started_at  timestamptz,
  finished_at timestamptz NOT NULL,
  plan_id     uuid,
  receipt     jsonb,
  error       jsonb,
  PRIMARY KEY (load_id, attempt)
);

-- What an attempt set out to do: pinned source objects, csv options, part size, strategy. Its staging names are
-- written here before the things are made, and only what is named here is ever deleted. Clean-up belongs to the
-- plan, so that a retry does not lose sight of what an earlier attempt left: it is due from cleanup_due_at on, and
-- null before the attempt has ended and again once the plan was found empty twice (empty_cleanups = 2).
CREATE TABLE copydock.plans (
  id             uuid PRIMARY KEY,
  load_id        text NOT NULL REFERENCES copydock.loads ON DELETE CASCADE,
  attempt        integer NOT NULL,
  plan           jsonb NOT NULL,
  staging_bucket text NOT NULL,
  staging_prefix text NOT NULL UNIQUE,
  staging_table  text NOT NULL,
  part_count     integer,
  created_at     timestamptz NOT NULL DEFAULT now(),
  cleanup_due_at timestamptz,
  empty_cleanups integer NOT NULL DEFAULT 0,
  UNIQUE (load_id, attempt)
);
CREATE INDEX plans_unclean ON copydock.plans (cleanup_due_at) WHERE cleanup_due_at IS NOT NULL;

-- Parts in the order in which they were cut; etag is null until the staged object is stored.
CREATE TABLE copydock.parts (
  plan_id      uuid NOT NULL REFERENCES copydock.plans ON DELETE CASCADE,
  part         integer NOT NULL CHECK (part >= 0),
  object_index integer NOT NULL,
  start_byte   bigint NOT NULL,
  size_bytes   bigint NOT NULL,
  first_line   bigint NOT NULL,
  line_count   bigint NOT NULL,
  records      bigint NOT NULL,
  columns      text[] NOT NULL,
  ends_object  boolean NOT NULL,
  etag         text,
  PRIMARY KEY (plan_id, part)
);

-- The load's own log.
CREATE TABLE copydock.load_logs (
  load_id text NOT NULL REFERENCES copydock.loads ON DELETE CASCADE,
  seq     bigint GENERATED ALWAYS AS IDENTITY,
  attempt integer NOT NULL,
  at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  level   text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  message text NOT NULL,
  PRIMARY KEY (load_id, seq)
);

-- Worker processes that were alive lately, for "no live worker for this environment".
CREATE TABLE copydock.workers (
  id           text PRIMARY KEY,
  environments text[] NOT NULL,
  last_seen_at timestamptz NOT NULL DEFAULT now()
);
