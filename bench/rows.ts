/** The columns of a row, as the header of a file has them; the table has `_` for `-`. */
export const HEADER = [
  'entity',
  'name',
  'dataset',
  'prefix',
  'reference',
  'organisation-entity',
  'entry-date',
  'start-date',
  'json',
  'geometry',
  'point',
] as const;

export const COLUMNS = HEADER.map((name) => name.replaceAll('-', '_'));

const PLACES = [
  'Bràdan Wood',
  'Crickley "Hill"',
  'Ærø Mölle',
  '名古屋 Park',
  'Lower, Slaughter',
  'St Keverne',
];
const PREFIXES = ['ancient-woodland', 'listed-building', 'tree'];

/**
 * One record of about 250 bytes, the same for the same arguments: JSON and geometry as text, doubled quotes, line ends
 * within quotes, characters beyond ASCII. Another `version` has another text in three columns.
 */
export function writeRow(entity: number, dataSet: string, version: number): string {
  const mixed = mix(entity);
  const place = PLACES[mixed % PLACES.length] ?? '';
  const prefix = PREFIXES[mixed % PREFIXES.length] ?? '';
  const name = `"${place.replaceAll('"', '""')} ${entity % 977}${entity % 13 === 0 ? '\nsecond line' : ''}"`;
  const month = 1 + (mixed % 12);
  const day = 1 + (mixed % 28);
  const date = `20${10 + (mixed % 14)}-${pad(month)}-${pad(day)}`;
  const json = `"{""grade"": ""${(mixed % 3) + 1}"", ""note"": ""v${version} nº ${mixed % 10_000}""}"`;
  const x = (-5 + (mixed % 60_000) / 10_000).toFixed(4);
  const y = (50 + (mixed % 50_000) / 10_000).toFixed(4);
  const geometry = `"POLYGON ((${x} ${y}, ${x}1 ${y}, ${x}1 ${y}${version}, ${x} ${y}2, ${x} ${y}))"`;
  const start = mixed % 5 === 0 ? '' : date;
  return `${entity},${name},${dataSet},${prefix},${prefix.slice(0, 2)}-${mixed % 1_000_000}-${version},${mixed % 400},${date},${start},${json},${geometry},POINT (${x} ${y})\n`;
}

/** Every other one of a hundred gets a field too many, the others a value that does not cast. */
export function spoilRow(entity: number, row: string): string {
  return entity % 200 < 100 ? row.replace(/\n$/, ',more\n') : `x${row}`;
}

function pad(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

/** A number of 32 bits that looks random: the finalizer of MurmurHash3. */
function mix(number: number): number {
  let hash = number | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
