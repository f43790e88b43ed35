-- Up Migration

-- Environments that an operator has paused: no load of theirs begins, those that have begun go on.
CREATE TABLE copydock.pauses (
  env       text PRIMARY KEY,
  paused_at timestamptz NOT NULL DEFAULT now(),
  paused_by text NOT NULL,
  reason    text
);
