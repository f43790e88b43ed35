import { CR, LF } from './line-byte.js';
import { RecordScanner, type ScannerOptions } from './record-scanner.js';

const MARKER = '\\.';

/**
 * Line (0-based) of the first record that holds only `\.`, which PostgreSQL before 18 reads as the end of data; null:
 * there is none. Slow only where the text stands at the end of a line at all.
 */
export function findMarkerLine(body: Buffer, options: ScannerOptions): number | null {
  if (!endsLine(body)) return null;
  const scanner = new RecordScanner(options);
  let start = 0;
  for (let at = 0; at < body.length; at += 1) {
    const { records } = scanner;
    scanner.scan(body, at, at + 1);
    if (scanner.records === records) continue;
    if (isMarker(body, start, at)) return scanner.lines - 1;
    start = at + 1;
  }
  return null;
}

function endsLine(body: Buffer): boolean {
  for (let at = body.indexOf(MARKER); at !== -1; at = body.indexOf(MARKER, at + MARKER.length)) {
    const next = body[at + MARKER.length];
    if (next === LF || next === CR) return true;
  }
  return false;
}

/** Whether a record is the marker and, before its line end, at most a carriage return. */
function isMarker(body: Buffer, start: number, lineEnd: number): boolean {
  const end = lineEnd - start === 3 && body[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
  return end - start === 2 && body.toString('latin1', start, end) === MARKER;
}
