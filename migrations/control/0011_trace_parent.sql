-- Up Migration

-- The W3C traceparent of the request that submitted the load: what workers do belongs to the same trace. Null: none.
ALTER TABLE copydock.loads ADD COLUMN trace_parent text;
