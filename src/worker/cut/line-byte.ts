export const LF = 0x0a;
export const CR = 0x0d;

/** What ends the lines of an object; CRLF is `lf`. */
export type LineEnd = 'lf' | 'cr';

/** The byte that ends a line, of CRLF the last one. */
export const LINE_BYTE: Record<LineEnd, number> = { lf: LF, cr: CR };
