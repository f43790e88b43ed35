/** One source in one dialect, and how it is loaded. It follows from its seed alone. */
export interface FuzzCase {
  seed: number;
  dialect: FuzzDialect;
  /** Whether the request leaves the delimiter to be found. */
  detectsDelimiter: boolean;
  objects: FuzzObject[];
  encoding: FuzzEncoding;
  compression: string;
  strategy: string | undefined;
  partSizeBytes: number;
}

export interface FuzzDialect {
  delimiter: string;
  quote: string;
  escape: string;
  nullString: string;
  lineEnd: string;
  hasHeader: boolean;
}

export interface FuzzObject {
  columns: string[];
  /** The header, where the dialect has one, and the records. */
  text: string;
}

export type FuzzEncoding = 'UTF8' | 'UTF8 with mark' | 'UTF16LE' | 'UTF16BE' | 'LATIN1' | 'WIN1252';

/** `n` is an integer; the others are text. */
export const COLUMNS = ['a', 'b', 'c', 'd', 'n'];
