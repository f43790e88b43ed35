/** How the source's columns differ from those of an earlier load, by name and by the type that they are staged as. */
export interface SchemaDrift {
  /** The id of that load. */
  since: string;
  new: string[];
  missing: string[];
  retyped: { column: string; from: string; to: string }[];
}
