/** A column as DuckDB describes it. */
export interface ParquetColumn {
  name: string;
  type: string;
}

const NESTED = /^(STRUCT|MAP|UNION)\(|\]$/;
const PLAIN = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)|BOOLEAN)$/;
const WITH_ERA = /^(DATE|TIMESTAMP.*)$/;

/** An SQL expression that writes a row as one CSV record, without a line end. */
export function recordExpression(columns: readonly ParquetColumn[]): string {
  return columns.map(fieldExpression).join(` || ',' || `);
}

/** As PostgreSQL reads it: binary in hex, nested values as JSON, times in ISO form (DuckDB's time zone is UTC). */
function fieldExpression({ name, type }: ParquetColumn): string {
  const column = `"${name.replaceAll('"', '""')}"`;
  if (PLAIN.test(type)) return `coalesce(${column}::VARCHAR, '')`;
  if (type === 'BLOB') return `coalesce('\\x' || lower(hex(${column})), '')`;
  if (WITH_ERA.test(type)) return `coalesce(replace(${column}::VARCHAR, '(BC)', 'BC'), '')`;
  const text = NESTED.test(type) ? `to_json(${column})::VARCHAR` : `${column}::VARCHAR`;
  return `coalesce('"' || replace(${text}, '"', '""') || '"', '')`;
}
