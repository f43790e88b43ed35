/** Deterministic random numbers (mulberry32): a failing case can be run again by its seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** Records as they stand in a file, each with its line end; the last one may lack it. */
export function randomRecords(random: (below: number) => number, lineEnd: string): string[] {
  const pieces = ['a', 'ü', '漢', ',', '""', lineEnd, '\\.', '', ' '];
  const field = () => {
    const text = Array.from({ length: random(6) }, () => pieces[random(pieces.length)] ?? '').join('');
    return random(2) === 0 ? `"${text}"` : text.replace(/["\r\n]/g, '');
  };
  const records = Array.from({ length: 1 + random(20) }, () => `${field()},${field()}${lineEnd}`);
  const last = records.at(-1) ?? '';
  if (random(3) === 0) records[records.length - 1] = `${last.slice(0, -lineEnd.length)}x`;
  return records;
}

export async function* inChunks(bytes: Buffer, nextSize: () => number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, nextSize());
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
