import { CANCEL } from './cancel.js';
import { CONNECTION_FAULTS } from './connection-faults.js';
import { DISK_FAULTS } from './disk-faults.js';
import type { FaultKind } from './fault-kind.js';
import { PROCESS_FAULTS } from './process-faults.js';
import { S3_FAULTS } from './s3-faults.js';
import { SERVER_FAULTS } from './server-faults.js';

const ALL = {
  ...PROCESS_FAULTS,
  ...CONNECTION_FAULTS,
  ...SERVER_FAULTS,
  ...DISK_FAULTS,
  ...S3_FAULTS,
  ...CANCEL,
};

export type FaultName = keyof typeof ALL;

/** The rows of the table, in their order. */
export const FAULTS: Record<FaultName, FaultKind> = ALL;
