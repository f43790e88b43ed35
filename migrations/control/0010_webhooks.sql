-- Up Migration

-- The ends that the load's environment wants to be told of; decided once, when the load is accepted.
ALTER TABLE copydock.loads ADD COLUMN webhook_states text[] NOT NULL DEFAULT '{}';

-- One row per end that is to be told, written with the end itself. Deliveries are due at due_at, which a sender moves on
-- before it sends: a sender that dies is made good by the next one. Null: delivered, or given up.
CREATE TABLE copydock.webhook_events (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  load_id      text NOT NULL REFERENCES copydock.loads ON DELETE CASCADE,
  env          text NOT NULL,
  -- The load's row as it ended: a retry changes the row itself. Null once delivered.
  load         jsonb,
  created_at   timestamptz NOT NULL DEFAULT now(),
  deliveries   integer NOT NULL DEFAULT 0,
  due_at       timestamptz DEFAULT now(),
  delivered_at timestamptz,
  given_up_at  timestamptz,
  last_fault   text
);
CREATE INDEX webhook_events_due ON copydock.webhook_events (env, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_events_of_load ON copydock.webhook_events (load_id);

-- The one place that every end passes, whichever process and version writes it. With the rights of the table's owner, so
-- that a process of the older version needs none of its own.
CREATE FUNCTION copydock.record_webhook_event() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO copydock.webhook_events (load_id, env, load) VALUES (NEW.id, NEW.env, to_jsonb(NEW));
  RETURN NULL;
END $$;
CREATE TRIGGER loads_webhook AFTER UPDATE ON copydock.loads FOR EACH ROW
WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.status = ANY (NEW.webhook_states))
EXECUTE FUNCTION copydock.record_webhook_event();

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'copydock_control') THEN
    GRANT SELECT, UPDATE ON copydock.webhook_events TO copydock_control;
  END IF;
END $$;
