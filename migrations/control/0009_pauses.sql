-- Up Migration

-- Environments that an operator has paused: no load of theirs begins, those that have begun go on.
CREATE TABLE copydock.pauses (
  env       text PRIMARY KEY,
  paused_at timestamptz NOT NULL DEFAULT now(),
  paused_by text NOT NULL,
  reason    text
);

-- Every claim reads this table: processes of the new version would stand still until roles/control.sql is run again.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'copydock_control') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON copydock.pauses TO copydock_control;
  END IF;
END $$;
