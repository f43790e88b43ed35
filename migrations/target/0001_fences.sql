-- Up Migration

-- One row per scope ('schema.table/*' or 'schema.table/data-set'): who may commit next, and the newest load applied.
CREATE TABLE copydock.fences (
  scope      text PRIMARY KEY,
  token      bigint NOT NULL DEFAULT 0,
  last_order bigint NOT NULL DEFAULT 0,
  last_load  text,
  control_id uuid NOT NULL
);

-- Written in the transaction that applies a load's rows: its row means applied.
CREATE TABLE copydock.committed_loads (
  load_id      text PRIMARY KEY,
  load_order   bigint NOT NULL,
  load_type    text NOT NULL,
  data_set     text NOT NULL,
  target_table text NOT NULL,
  scope        text NOT NULL,
  attempt      integer NOT NULL,
  token        bigint NOT NULL,
  receipt      jsonb NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX committed_loads_table ON copydock.committed_loads (target_table, load_type);
