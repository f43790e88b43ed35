/** The rows that a load may replace and write: those whose column equals the data set; null is the whole table. */
export interface ScopeFilter {
  column: string;
  value: string;
}
