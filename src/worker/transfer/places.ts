import type { ErrorPlace } from '../../loads/errors.js';
import { type Plan, readingOf } from '../plan/plan-document.js';
import { isConverted } from '../read/reading.js';

/** What the number of a place counts: parts of converted objects count their records where others count lines. */
export function placeName(plan: Plan): 'line' | 'record' {
  return isConverted(readingOf(plan)) ? 'record' : 'line';
}

/** Whether bytes of parts stand where the source has them, once it is decompressed. */
export function hasOwnOffsets(plan: Plan): boolean {
  const reading = readingOf(plan);
  return !isConverted(reading) && reading.respelledNulls === null && reading.encoding.utf16 === null;
}

export function recordPlace(plan: Plan, number: number): Pick<ErrorPlace, 'line' | 'record'> {
  return placeName(plan) === 'record' ? { record: number } : { line: number };
}
