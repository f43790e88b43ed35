/** What a value must be, where the type alone does not say it. */
export const EXPECTATIONS: Record<string, string> = {
  data_set: 'a-z, digits and dashes, up to 63 characters',
  reason: 'one line of up to 200 characters',
  path: 's3://bucket/key or s3a://bucket/key, up to 2,048 characters',
  env: 'the name of an environment',
  s3_bucket: "a bucket's name alone, without s3:// and without a path",
  table: 'table or schema.table, each of letters, digits, _, $ and -, up to 63 characters',
  require_marker: "true, or the marker object's name without a path",
  max_rejects: 'a whole number, or a percentage such as "5%"',
  'csv.delimiter': 'exactly one ASCII character, not a line break',
  'csv.quote': 'exactly one ASCII character, not a line break',
  'csv.escape': 'exactly one ASCII character, not a line break',
  'csv.null_string': 'up to 64 characters without a line break',
  'csv.columns': '1 to 1,600 names of 1 to 63 characters',
  'csv.encoding': "an encoding's name, such as UTF8 or LATIN1",
  labels: 'up to 20 names, each with a string of up to 256 characters',
};
