-- Up Migration

-- The list from a time on: without it a day with few loads reads back through all that are kept.
CREATE INDEX loads_by_time ON copydock.loads (accepted_at);
