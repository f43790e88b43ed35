-- Up Migration

-- When an unfinished load may next be claimed. Other than wake_at, at which the sweep hands it out, it is never moved on
-- by handing out.
ALTER TABLE copydock.loads ADD COLUMN due_at timestamptz NOT NULL DEFAULT now();

-- When a data set of an environment last had its turn of the environment's workers. The empty name stands for clean-ups.
CREATE TABLE copydock.turns (
  env          text NOT NULL,
  data_set     text NOT NULL,
  last_turn_at timestamptz NOT NULL,
  PRIMARY KEY (env, data_set)
);

-- How many loads an environment has, and the oldest of each of its data sets.
CREATE INDEX loads_open ON copydock.loads (env, data_set, load_order) WHERE finished_at IS NULL;
-- Which earlier loads a load must wait for.
CREATE INDEX loads_scope_turn ON copydock.loads (target_database, scope_table, scope_key, load_order)
WHERE finished_at IS NULL;
-- What is kept no longer.
CREATE INDEX loads_by_end ON copydock.loads (finished_at) WHERE finished_at IS NOT NULL;
-- The list by a table that is named without its schema.
CREATE INDEX loads_by_bare_table ON copydock.loads (split_part(target_table, '.', 2), load_order DESC);
