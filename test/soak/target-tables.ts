import type { World } from '../faults/harness/world.js';

const COLUMNS =
  'id bigint NOT NULL, dataset text NOT NULL, load text NOT NULL, line integer NOT NULL, note text';
const TABLES = ['entity', 'whole', 'journal'];

/**
 * The tables that are loaded into, and what triggers note beside them, so that a second application shows even where
 * it leaves the same rows: `written_by` has a row for each transaction that wrote rows of a load, `recorded_by` one for
 * each that wrote a load into committed_loads.
 */
export async function createTargetTables(world: World): Promise<void> {
  await world.inTarget(`
    CREATE TABLE entity (${COLUMNS}, PRIMARY KEY (id));
    CREATE TABLE whole (${COLUMNS}, PRIMARY KEY (id));
    CREATE TABLE journal (${COLUMNS});
    CREATE TABLE written_by (load text, transaction text, rows bigint);
    CREATE TABLE recorded_by (load_id text, transaction text);
    CREATE FUNCTION note_recorder() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      INSERT INTO public.recorded_by VALUES (NEW.load_id, pg_current_xact_id()::xid::text);
      RETURN NULL;
    END $$;
    CREATE TRIGGER note_recorder AFTER INSERT ON copydock.committed_loads
      FOR EACH ROW EXECUTE FUNCTION note_recorder();
    CREATE FUNCTION note_writer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      INSERT INTO public.written_by
        SELECT load, pg_current_xact_id()::xid::text, count(*) FROM written GROUP BY load;
      RETURN NULL;
    END $$;
    ${TABLES.flatMap((table) => [trigger(table, 'INSERT'), trigger(table, 'UPDATE')]).join('\n')}`);
}

function trigger(table: string, event: 'INSERT' | 'UPDATE'): string {
  return `CREATE TRIGGER note_${event.toLowerCase()} AFTER ${event} ON ${table}
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION note_writer();`;
}

/** What the service is told of these tables. */
export const TABLE_CONFIG = {
  tables: { entity: { scope_column: 'dataset' } },
  data_sets: { alpha: { table: 'entity' }, beta: { table: 'entity' }, gamma: { table: 'entity' } },
};
