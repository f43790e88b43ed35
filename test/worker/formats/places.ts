/** The same rows in every format: types, quotes, NULLs, empty texts, numbers of many digits. */
export const TABLE = `CREATE TABLE place (id bigint PRIMARY KEY, name text, price numeric, opened timestamptz, extra jsonb,
  hash bytea, is_open boolean, day date)`;
export const ROWS = [
  {
    id: '1',
    name: 'a "b",\nc',
    price: '12345678901234567.123456789',
    opened: '2024-01-31 10:00:00+00',
    extra: { a: [1, 2.5] },
    hash: '\\x00ff',
    is_open: true,
    day: '2024-02-29',
  },
  {
    id: '2',
    name: '',
    price: '-0.10',
    opened: '1999-12-31 22:59:59.123456+00',
    extra: [null, 'x'],
    hash: '\\x',
    is_open: false,
    day: '0001-01-01',
  },
  { id: '3', name: null, price: null, opened: null, extra: null, hash: null, is_open: null, day: null },
  {
    id: '4',
    name: 'Ünïcode 漢字 😀',
    price: '1000',
    opened: '2024-01-31 10:00:00+00',
    extra: {},
    hash: '\\x61',
    is_open: true,
    day: '2024-01-01',
  },
];

/** A column of Parquet has one scale and one structure. */
export const PARQUET_ROWS = ROWS.map((row) => ({
  ...row,
  price: row.id === '2' ? '-0.100000000' : row.id === '4' ? '1000.000000000' : row.price,
  extra: row.id === '1' ? row.extra : null,
}));

export const CSV = `id,name,price,opened,extra,hash,is-open,day
1,"a ""b"",
c",12345678901234567.123456789,2024-01-31T12:00:00+02:00,"{""a"":[1,2.5]}",\\x00ff,true,2024-02-29
2,"",-0.10,1999-12-31 22:59:59.123456Z,"[null,""x""]",\\x,f,0001-01-01
3,,,,,,,
4,Ünïcode 漢字 😀,1e3,2024-01-31 10:00Z,{},\\x61,t,2024-01-01
`;

export const JSON_LINES = `{"id":1,"name":"a \\"b\\",\\nc","price":12345678901234567.123456789,"opened":"2024-01-31T12:00:00+02:00","extra":{"a":[1,2.5]},"hash":"\\\\x00ff","is-open":true,"day":"2024-02-29"}
{"id":2, "name":"", "price":-0.10, "opened":"1999-12-31 22:59:59.123456Z", "extra":[null,"x"],"hash":"\\\\x","is-open":false,"day":"0001-01-01"}

{"id":3,"name":null}
{"id":4,"name":"\\u00dcn\\u00efcode 漢字 \\ud83d\\ude00","price":1e3,"opened":"2024-01-31 10:00Z","extra":{},"hash":"\\\\x61","is-open":true,"day":"2024-01-01"}
`;

export const PARQUET = `SELECT * FROM (VALUES
  (1, 'a "b",' || chr(10) || 'c', 12345678901234567.123456789::DECIMAL(30,9), TIMESTAMPTZ '2024-01-31 12:00:00+02', {'a': [1, 2.5]}, '\\x00\\xFF'::BLOB, true, DATE '2024-02-29'),
  (2, '', -0.10, TIMESTAMPTZ '1999-12-31 22:59:59.123456+00', NULL, ''::BLOB, false, DATE '0001-01-01'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'Ünïcode 漢字 😀', 1000, TIMESTAMPTZ '2024-01-31 10:00:00+00', NULL, 'a'::BLOB, true, DATE '2024-01-01')
) t(id, name, price, opened, extra, hash, "is-open", day)`;

export const PLACES =
  'SELECT id, name, price::text, opened::text, extra, hash::text, is_open, day::text FROM place ORDER BY id';
