import type { Connection } from '../../config/postgres-connection.js';

/** What the lease thread is started with. */
export interface LeaseThreadData {
  database: Connection;
  leaseMs: number;
  renewMs: number;
}

/** `deadline` holds, as monotonic nanoseconds, until when the lease is sure to last; the thread moves it on. */
export type ToLeaseThread =
  | { type: 'hold'; loadId: string; leaseToken: number; deadline: SharedArrayBuffer }
  | { type: 'drop'; loadId: string; leaseToken: number }
  | { type: 'stop' };

export interface FromLeaseThread {
  type: 'lost' | 'cancel';
  loadId: string;
  leaseToken: number;
}
