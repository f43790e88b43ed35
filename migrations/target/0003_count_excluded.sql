-- Up Migration

-- Counts a row that COPY ... WHERE leaves out, in a sequence of its transaction's own, and is never true. It is said to be
-- STABLE, though it counts: with a volatile condition, which might read the table, COPY inserts rows one by one, each with a
-- WAL record of its own. This one reads nothing.
CREATE FUNCTION copydock.count_excluded() RETURNS boolean LANGUAGE plpgsql STABLE
AS $$ BEGIN RETURN nextval('pg_temp.copydock_excluded'::text::regclass) < 0; END $$;
