-- Up Migration

-- What is kept no longer.
CREATE INDEX committed_loads_by_time ON copydock.committed_loads (committed_at);
-- The data sets of a table, and whether a load is the newest of its data set. It replaces an index without the data set,
-- which had to be read through where one data set loads again and again.
CREATE INDEX committed_loads_by_data_set ON copydock.committed_loads (target_table, data_set, load_order)
WHERE load_type IN ('full', 'delta');
DROP INDEX copydock.committed_loads_table;
