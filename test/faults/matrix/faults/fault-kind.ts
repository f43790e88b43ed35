import type { Play } from '../play.js';

/** A row of the table. */
export interface FaultKind {
  title: string;
  /**
   * Submits the load and breaks something at the cell's moment, asserts that it did, and mends it. Whatever the load
   * then still needs is there when this is over: a worker, and servers that answer.
   */
  play(play: Play): Promise<void>;
  /** What is to be seen of this fault at the end, besides what every cell asserts. */
  check?(play: Play): Promise<void>;
}
