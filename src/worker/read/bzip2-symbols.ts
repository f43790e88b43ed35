import { ArchiveError } from './archive-error.js';
import type { BitReader } from './bit-reader.js';

/** Symbols per Huffman table selector. */
const GROUP_SYMBOLS = 50;
const MAX_CODE_BITS = 20;
const MAX_SELECTORS = 18_002;
const RUN_A = 0;
const RUN_B = 1;

/** The lengths of a canonical Huffman code, made ready for decoding: `limit[n]` is the largest code of n bits. */
interface HuffmanTable {
  minBits: number;
  maxBits: number;
  limit: Int32Array;
  base: Int32Array;
  symbols: Uint16Array;
}

/**
 * Decodes one block's Huffman codes, runs and move-to-front indexes into `output`, a byte per element; answers how many
 * there are.
 */
export function readSymbols(bits: BitReader, output: Uint32Array): number {
  const alphabet = readAlphabet(bits);
  const tableCount = bits.read(3);
  if (tableCount < 2 || tableCount > 6) throw invalid();
  const selectors = readSelectors(bits, tableCount);
  const tables = Array.from({ length: tableCount }, () => readTable(bits, alphabet.length + 2));
  const endSymbol = alphabet.length + 1;
  let count = 0;
  let run = 0;
  let runWeight = 1;
  let table: HuffmanTable | undefined;
  for (let decoded = 0; ; decoded += 1) {
    if (decoded % GROUP_SYMBOLS === 0) table = tables[selectors[decoded / GROUP_SYMBOLS] ?? -1];
    if (table === undefined) throw invalid();
    const symbol = decode(bits, table);
    if (symbol === RUN_A || symbol === RUN_B) {
      run += runWeight << symbol;
      runWeight <<= 1;
      if (run > output.length) throw invalid();
      continue;
    }
    if (run > 0) {
      if (count + run > output.length) throw invalid();
      output.fill(alphabet[0] ?? 0, count, count + run);
      count += run;
      run = 0;
      runWeight = 1;
    }
    if (symbol === endSymbol) return count;
    if (count === output.length) throw invalid();
    output[count] = moveToFront(alphabet, symbol - 1);
    count += 1;
  }
}

/** The bytes that the block holds, in order: a map of 16 ranges, then one of each range in use. */
function readAlphabet(bits: BitReader): Uint8Array {
  const ranges = bits.read(16);
  const bytes: number[] = [];
  for (let range = 0; range < 16; range += 1) {
    if ((ranges & (0x8000 >>> range)) === 0) continue;
    const used = bits.read(16);
    for (let at = 0; at < 16; at += 1) if ((used & (0x8000 >>> at)) !== 0) bytes.push(16 * range + at);
  }
  if (bytes.length === 0) throw invalid();
  return Uint8Array.from(bytes);
}

/** Which table each group of 50 symbols uses. Writers may give more selectors than a block can need. */
function readSelectors(bits: BitReader, tableCount: number): Uint8Array {
  const count = bits.read(15);
  const selectors = new Uint8Array(Math.min(count, MAX_SELECTORS));
  const order = Uint8Array.from({ length: tableCount }, (_, index) => index);
  for (let at = 0; at < count; at += 1) {
    let index = 0;
    while (bits.read(1) === 1) {
      index += 1;
      if (index >= tableCount) throw invalid();
    }
    const selector = moveToFront(order, index);
    if (at < selectors.length) selectors[at] = selector;
  }
  return selectors;
}

function moveToFront(list: Uint8Array, index: number): number {
  const value = list[index] ?? 0;
  list.copyWithin(1, 0, index);
  list[0] = value;
  return value;
}

function readTable(bits: BitReader, symbolCount: number): HuffmanTable {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol += 1) {
    while (length >= 1 && length <= MAX_CODE_BITS && bits.read(1) === 1)
      length += bits.read(1) === 0 ? 1 : -1;
    if (length < 1 || length > MAX_CODE_BITS) throw invalid();
    lengths[symbol] = length;
  }
  return buildTable(lengths);
}

function buildTable(lengths: Uint8Array): HuffmanTable {
  const limit = new Int32Array(MAX_CODE_BITS + 1).fill(-1);
  const base = new Int32Array(MAX_CODE_BITS + 1);
  const symbols: number[] = [];
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length += 1) {
    base[length] = symbols.length - code;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      symbols.push(symbol);
      limit[length] = code;
      code += 1;
    }
    code <<= 1;
  }
  const [minBits, maxBits] = [Math.min(...lengths), Math.max(...lengths)];
  return { minBits, maxBits, limit, base, symbols: Uint16Array.from(symbols) };
}

function decode(bits: BitReader, { minBits, maxBits, limit, base, symbols }: HuffmanTable): number {
  const ahead = bits.peek(MAX_CODE_BITS);
  for (let length = minBits; length <= maxBits; length += 1) {
    const code = ahead >>> (MAX_CODE_BITS - length);
    if (code > (limit[length] ?? -1)) continue;
    bits.skip(length);
    return symbols[code + (base[length] ?? 0)] ?? invalidSymbol();
  }
  throw invalid();
}

function invalidSymbol(): never {
  throw invalid();
}

function invalid(): ArchiveError {
  return new ArchiveError('a block can not be decoded');
}
