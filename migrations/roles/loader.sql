-- The rights of Copydock's workers in a target database: group role copydock_loader, to be given to the role that the
-- environment's database_url or secret names. Run by whoever ran `copydock migrate` and may grant on the target tables,
-- in the target database, after each `copydock migrate`; it may be run again at any time.
--
--   PGOPTIONS='-c copydock.target_schemas=public,other' psql "$OWNER_URL" -v ON_ERROR_STOP=1 -f loader.sql
--   psql "$OWNER_URL" -c "CREATE ROLE copydock_worker LOGIN PASSWORD '...' IN ROLE copydock_loader"
--
-- copydock.target_schemas: schemas of the target tables, with commas; without it, public.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'copydock_loader') THEN
    CREATE ROLE copydock_loader NOLOGIN;
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO copydock_loader', current_database());
END $$;

-- CREATE: staging tables are made in this schema, and belong to the role that made them.
GRANT USAGE, CREATE ON SCHEMA copydock TO copydock_loader;
GRANT SELECT ON copydock.target_migrations TO copydock_loader;
GRANT SELECT, INSERT, UPDATE ON copydock.fences TO copydock_loader;
-- DELETE: rows older than committed_retention_days are removed. UPDATE is not given: what was committed stays as it is.
GRANT SELECT, INSERT, DELETE ON copydock.committed_loads TO copydock_loader;

DO $$
DECLARE
  target name;
BEGIN
  FOREACH target IN ARRAY
    string_to_array(coalesce(nullif(current_setting('copydock.target_schemas', true), ''), 'public'), ',')
  LOOP
    target := trim(target);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO copydock_loader', target);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO copydock_loader', target);
    -- For columns that take their default from a sequence.
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO copydock_loader', target);
    -- ANALYZE after a load. Before PostgreSQL 17 only a table's owner may, and autovacuum does it later.
    IF current_setting('server_version_num')::int >= 170000 THEN
      EXECUTE format('GRANT MAINTAIN ON ALL TABLES IN SCHEMA %I TO copydock_loader', target);
    END IF;
  END LOOP;
END $$;

-- copy_engine aws_s3, where the extension is installed (CREATE EXTENSION aws_s3 CASCADE, by rds_superuser): to import, and
-- not to export. The role passes no credentials; what may be read in S3 is up to the database's own role.
DO $$
DECLARE
  called regprocedure;
  place name;
BEGIN
  FOR called, place IN
    SELECT p.oid, n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE (n.nspname, p.proname) IN (('aws_s3', 'table_import_from_s3'), ('aws_commons', 'create_s3_uri'))
  LOOP
    IF NOT has_schema_privilege('copydock_loader', place, 'USAGE') THEN
      EXECUTE format('GRANT USAGE ON SCHEMA %I TO copydock_loader', place);
    END IF;
    IF NOT has_function_privilege('copydock_loader', called, 'EXECUTE') THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO copydock_loader', called);
    END IF;
  END LOOP;
END $$;

-- Only where it is wanted, to be run by hand:
--
--   Tables that are made later get the same rights:
--     ALTER DEFAULT PRIVILEGES FOR ROLE table_owner IN SCHEMA public
--       GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO copydock_loader;
--     ALTER DEFAULT PRIVILEGES FOR ROLE table_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO copydock_loader;
--   Loads of the type sample make {table}_sample, and create_table makes the target:
--     GRANT CREATE ON SCHEMA public TO copydock_loader;
--   The strategies swap and partition put a new table in the place of the old one, which only its owner may do. Without
--   this they are not chosen, and a load that asks for one is refused with the reason:
--     GRANT table_owner TO copydock_loader; GRANT CREATE ON SCHEMA public TO copydock_loader, table_owner;
--   Workers that log in as several roles in turn end each other's left connections:
--     GRANT pg_signal_backend TO copydock_loader;
--   A load that waits for another session's lock tells since when that session has held it:
--     GRANT pg_read_all_stats TO copydock_loader;
--   diff and upsert touch few rows of many pages. With this right, which only a superuser can give, they have the server
--   compress the page images in their WAL, where it does not do so for all:
--     GRANT SET ON PARAMETER wal_compression TO copydock_loader;
