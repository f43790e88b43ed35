import { ERROR_CATALOGUE, type ErrorCode } from './error-catalogue.js';

export type { ErrorCode } from './error-catalogue.js';

/** Where a record stands: `line` counts physical lines of the object from 1, once it is decompressed. */
export interface ErrorPlace {
  object?: string;
  line?: number;
  /** Instead of the line, from 1, where the format has no lines of its own. */
  record?: number;
  /** Of the first bad byte, from 0, once the object is decompressed. */
  byte_offset?: number;
  column?: string;
  /** The value as it stands in the source, cut to 80 characters. */
  value?: string;
}

/** What a load's `error` holds and what problem details are made of. */
export interface ErrorReport extends ErrorPlace {
  code: ErrorCode;
  detail: string;
  hint: string;
  retryable: boolean;
  field?: string;
  sqlstate?: string;
}

export interface ErrorExtras extends ErrorPlace {
  hint?: string;
  field?: string;
  sqlstate?: string;
  cause?: unknown;
}

/** An error that is explained to a user. `detail` is one line and never holds a secret. */
export class CopydockError extends Error {
  override readonly name = 'CopydockError';
  readonly report: ErrorReport;

  constructor(
    readonly code: ErrorCode,
    detail: string,
    { cause, ...extras }: ErrorExtras = {},
  ) {
    super(storableText(detail), cause === undefined ? undefined : { cause });
    const [, retryable, , hint] = ERROR_CATALOGUE[code];
    this.report = storable({ code, detail, hint, retryable, ...definedOnly(extras) });
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code][0];
  }

  get title(): string {
    return ERROR_CATALOGUE[this.code][2];
  }

  get retryable(): boolean {
    return this.report.retryable;
  }
}

const VALUE_LIMIT = 80;

/** A value of the source as an error shows it: one line, at most 80 characters. */
export function shortenValue(value: string): string {
  const oneLine = value.replace(/[\r\n\t]+/g, ' ');
  return oneLine.length <= VALUE_LIMIT ? oneLine : `${oneLine.slice(0, VALUE_LIMIT - 1)}…`;
}

/** Text that jsonb can hold: no NUL, no half of a surrogate pair. Values of a source may hold, or be cut to, anything. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function storable<T extends object>(value: T): T {
  const entries = Object.entries(value).map(([key, v]) => [key, typeof v === 'string' ? storableText(v) : v]);
  return Object.fromEntries(entries) as T;
}

function definedOnly<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Partial<T>;
}
