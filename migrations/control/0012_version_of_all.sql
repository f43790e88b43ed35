-- Up Migration

-- Warnings and drift of the schema are found while a load runs, and its readers see them, so they raise the version, too.
CREATE OR REPLACE TRIGGER loads_version BEFORE UPDATE ON copydock.loads FOR EACH ROW
WHEN ((OLD.attempt, OLD.status, OLD.cancel_requested, OLD.deadline_at, OLD.started_at, OLD.staging_prefix, OLD.commit_plan,
       OLD.waiting_for, OLD.progress, OLD.receipt, OLD.error, OLD.cleanup, OLD.warnings, OLD.schema_drift)
      IS DISTINCT FROM
      (NEW.attempt, NEW.status, NEW.cancel_requested, NEW.deadline_at, NEW.started_at, NEW.staging_prefix, NEW.commit_plan,
       NEW.waiting_for, NEW.progress, NEW.receipt, NEW.error, NEW.cleanup, NEW.warnings, NEW.schema_drift))
EXECUTE FUNCTION copydock.raise_load_version();
