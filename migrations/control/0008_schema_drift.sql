-- Up Migration

-- What of the source's columns differs from the last load of the same kind; NULL where nothing does, or nothing is known.
-- It is written just before commit_plan, which raises the load's version.
ALTER TABLE copydock.loads ADD COLUMN schema_drift jsonb;
