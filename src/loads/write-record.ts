/** One record of CSV with its line end; null is an empty field, and every value is quoted. */
export function writeRecord(values: readonly (string | null)[]): string {
  let record = '';
  for (const [index, value] of values.entries()) {
    if (index > 0) record += ',';
    if (value === null) continue;
    record += value.includes('"') ? `"${value.replaceAll('"', '""')}"` : `"${value}"`;
  }
  return `${record}\n`;
}
