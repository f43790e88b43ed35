-- The rights of Copydock's services in the control database: group role copydock_control, to be given to the role that
-- DATABASE_URL names. Run by whoever ran `copydock migrate`, in the control database, after each `copydock migrate`; it
-- may be run again at any time.
--
--   psql "$OWNER_URL" -v ON_ERROR_STOP=1 -f control.sql
--   psql "$OWNER_URL" -c "CREATE ROLE copydock_service LOGIN PASSWORD '...' IN ROLE copydock_control"

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'copydock_control') THEN
    CREATE ROLE copydock_control NOLOGIN;
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO copydock_control', current_database());
END $$;

GRANT USAGE ON SCHEMA copydock TO copydock_control;
GRANT SELECT ON copydock.control_migrations TO copydock_control;
GRANT SELECT, UPDATE ON copydock.control_state TO copydock_control;
GRANT SELECT, INSERT, UPDATE, DELETE ON copydock.loads TO copydock_control;
GRANT SELECT, INSERT ON copydock.attempts TO copydock_control;
GRANT SELECT, INSERT, UPDATE ON copydock.plans, copydock.parts TO copydock_control;
GRANT SELECT, INSERT ON copydock.load_logs TO copydock_control;
GRANT SELECT, INSERT, DELETE ON copydock.rejects TO copydock_control;
GRANT SELECT, UPDATE ON copydock.webhook_events TO copydock_control;
-- It writes events with its owner's rights, for the trigger that it was made for and for no other.
REVOKE EXECUTE ON FUNCTION copydock.record_webhook_event() FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON copydock.workers, copydock.turns, copydock.pauses TO copydock_control;
GRANT USAGE ON SEQUENCE copydock.lease_token_seq TO copydock_control;
-- UPDATE: `copydock reconcile --adopt` raises the order.
GRANT USAGE, SELECT, UPDATE ON SEQUENCE copydock.load_order_seq TO copydock_control;

-- Where the queue is in this database, too.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'bullmq') THEN
    GRANT USAGE ON SCHEMA bullmq TO copydock_control;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO copydock_control;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA bullmq TO copydock_control;
  END IF;
END $$;
