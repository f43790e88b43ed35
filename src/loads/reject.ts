/** A record that was left out, with where it stands and why it does not load. */
export interface Reject {
  seq: number;
  object: string;
  line: number | null;
  /** Instead of the line, from 1, where the format has no lines of its own. */
  record_number: number | null;
  /** Where the record begins, once the object is decompressed; null where the source is read in another form. */
  byte_offset: number | null;
  column: string | null;
  sqlstate: string;
  reason: string;
  /** The record as it was copied, without its line end. */
  record: string;
  /** The record was too long to be kept whole. */
  is_cut: boolean;
  columns: string[];
  /** As text, in the order of the columns; null where the record's fields don't match them. */
  values: (string | null)[] | null;
}

/** How many records of the attempt were left out, and one page of those that are kept. */
export interface RejectPage {
  rejected: number;
  items: Reject[];
}
