import type pg from 'pg';
import { quote, quoteText } from '../identifiers.js';
import { quoteStaging } from './staging-names.js';

/** What the catalog tells of a column of PostGIS, or of a domain over one. */
export interface GeometryType {
  kind: 'geometry' | 'geography';
  /** The schema of the extension, which need not be in the search path. */
  schema: string;
  /** Of the type's modifier, such as `MultiPolygonZ`; null where any shape is taken. */
  shape: string | null;
}

/** A column whose text is converted on its way into the staging table. */
export interface GeometryColumn {
  name: string;
  /** The target's, with modifiers. */
  type: string;
  geometry: GeometryType;
  /** What is not valid is mended by ST_MakeValid instead of refused. */
  makesValid: boolean;
}

/** SQL of what `GeometryType` says of a column, or NULL, for the type `type` (an alias of pg_type) and its modifier. */
export function geometryTypeQuery(type: string, modifier: string): string {
  return `(SELECT jsonb_build_object('kind', ${type}.typname, 'schema', n.nspname,
             'shape', substring(pg_catalog.format_type(${type}.oid, ${modifier}) FROM '\\((\\w+)'))
     FROM pg_catalog.pg_depend x JOIN pg_catalog.pg_extension e ON e.oid = x.refobjid
     JOIN pg_catalog.pg_namespace n ON n.oid = ${type}.typnamespace
    WHERE ${type}.typname IN ('geometry', 'geography') AND e.extname = 'postgis' AND x.deptype = 'e'
      AND x.classid = 'pg_catalog.pg_type'::regclass AND x.objid = ${type}.oid
      AND x.refclassid = 'pg_catalog.pg_extension'::regclass)`;
}

/** Of a staging table whose column is converted: the column that COPY writes the text into. */
export function textColumn(position: number): string {
  return `copydock_text_${position}`;
}

/** Quoted; takes a text and answers the column's value, or fails naming column, value and reason. */
export function quoteConverter(staging: string, position: number): string {
  return quoteStaging(`${staging}_geometry_${position}`);
}

/**
 * Makes a staging table convert texts as they are copied: a record with a bad one fails COPY at its line, as a bad value
 * of any other type does. A worker of the version before copies into the column itself, which stays as it is then.
 * `columns` by their position in the table.
 */
export async function createConverters(
  client: pg.ClientBase,
  staging: string,
  columns: ReadonlyMap<number, GeometryColumn>,
): Promise<void> {
  if (columns.size === 0) return;
  for (const [position, column] of columns) {
    await client.query(
      `CREATE OR REPLACE FUNCTION ${quoteConverter(staging, position)}(value text) RETURNS ${column.type}
         LANGUAGE plpgsql IMMUTABLE STRICT AS ${quoteText(converterText(column))}`,
    );
  }
  const statements = [...columns].map(([position, { name }]) => {
    const text = `NEW.${quote(textColumn(position))}`;
    return `IF ${text} IS NOT NULL THEN
       NEW.${quote(name)} := ${quoteConverter(staging, position)}(${text}); ${text} := NULL; END IF;`;
  });
  const trigger = quoteStaging(`${staging}_geometry`);
  await client.query(
    `CREATE OR REPLACE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql AS
       ${quoteText(`BEGIN ${statements.join('\n')} RETURN NEW; END`)}`,
  );
  await client.query(
    `CREATE OR REPLACE TRIGGER copydock_geometry BEFORE INSERT ON ${quoteStaging(staging)}
       FOR EACH ROW EXECUTE FUNCTION ${trigger}()`,
  );
}

/** For when the staging table is gone; answers whether there were any. */
export async function dropConverters(client: pg.ClientBase, staging: string): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regprocedure::text AS name FROM pg_catalog.pg_proc
      WHERE pronamespace = 'copydock'::regnamespace AND starts_with(proname, $1)`,
    [`${staging}_geometry`],
  );
  for (const { name } of rows) await client.query(`DROP FUNCTION IF EXISTS ${name}`);
  return rows.length > 0;
}

/** Of a shape that mending may have turned into a collection: which members the column takes, by ST_CollectionExtract. */
const MEMBERS: [shape: RegExp, dimension: number][] = [
  [/point/i, 1],
  [/line/i, 2],
  [/polygon/i, 3],
];
/** ST_IsValid knows no surfaces of several faces. */
const NOT_CHECKED = ['TIN', 'TRIANGLE', 'POLYHEDRALSURFACE'];
const VALUE_CHARACTERS = 200;

/**
 * WKT, EWKT, WKB and EWKB as hex, also as bytea writes it, and GeoJSON. A text without an SRID takes the column's, by the
 * cast; GeoJSON is WGS 84 unless it says otherwise. Errors of PostGIS that PostgreSQL calls internal become a bad value.
 */
function converterText({ name, type, geometry, makesValid }: GeometryColumn): string {
  const { kind, schema, shape } = geometry;
  const call = (routine: string) => `${quote(schema)}.${routine}`;
  const dimension = MEMBERS.find(([pattern]) => pattern.test(shape ?? ''))?.[1];
  const mend = [
    `shape := ${call('ST_MakeValid')}(shape);`,
    dimension === undefined
      ? ''
      : `IF ${call('GeometryType')}(shape) = 'GEOMETRYCOLLECTION' THEN
           shape := ${call('ST_CollectionExtract')}(shape, ${dimension}); END IF;`,
  ].join(' ');
  const refuse = `RAISE EXCEPTION USING ERRCODE = '22023',
    MESSAGE = 'The geometry is not valid: ' || ${call('ST_IsValidReason')}(shape);`;
  return `
DECLARE
shape ${call('geometry')};
state text; reason text; hint text;
BEGIN
shape := CASE WHEN value ~ '^\\s*\\{' THEN ${call('ST_GeomFromGeoJSON')}(value)
  WHEN starts_with(value, '\\x') THEN CAST(substr(value, 3) AS ${call('geometry')})
  ELSE CAST(value AS ${call('geometry')}) END;
${kind === 'geography' ? beyondTheGlobe(call) : ''}
IF ${call('GeometryType')}(shape) NOT IN (${NOT_CHECKED.map(quoteText).join(', ')}) AND NOT ${call('ST_IsValid')}(shape) THEN
${makesValid ? mend : refuse}
END IF;
${/^multi/i.test(shape ?? '') ? `shape := ${call('ST_Multi')}(shape);` : ''}
RETURN CAST(shape AS ${type});
EXCEPTION WHEN data_exception OR internal_error THEN
GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
RAISE EXCEPTION USING ERRCODE = CASE WHEN left(state, 2) = '22' THEN state ELSE '22P02' END,
  MESSAGE = reason || CASE WHEN hint = '' THEN '' ELSE ': ' || hint END,
  COLUMN = ${quoteText(name)}, DETAIL = left(value, ${VALUE_CHARACTERS});
END`;
}

/** PostGIS would move such a point elsewhere, and say so to nobody. */
function beyondTheGlobe(call: (routine: string) => string): string {
  return `IF ${call('ST_XMin')}(shape) < -180 OR ${call('ST_XMax')}(shape) > 180
  OR ${call('ST_YMin')}(shape) < -90 OR ${call('ST_YMax')}(shape) > 90 THEN
RAISE EXCEPTION USING ERRCODE = '22003',
  MESSAGE = 'A coordinate is beyond longitude -180 to 180 or latitude -90 to 90';
END IF;`;
}
