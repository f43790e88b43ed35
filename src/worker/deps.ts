import type { S3Client } from '@aws-sdk/client-s3';
import type pino from 'pino';
import type { Config } from '../config/types.js';
import type { LoadQueue } from '../loads/store.js';
import type { LoadMetrics } from '../metrics/load-metrics.js';
import type { ClaimedLoad } from '../postgres/control-database/claims.js';
import type { ControlDatabase } from '../postgres/control-database/connection.js';
import type { TargetPools } from '../postgres/target-database/target-pools.js';
import type { Tracer } from '../tracing/tracer.js';
import type { SlabPool } from './cut/slab-pool.js';
import type { LeaseKeeper } from './lease/lease-keeper.js';
import type { TempSpace } from './read/temp-space.js';

/** What one worker process has; every load that it works on shares it. */
export interface WorkerDeps {
  workerId: string;
  config: Config;
  logger: pino.Logger;
  control: ControlDatabase;
  /** Identity of the control database, which fences carry. */
  controlId: string;
  targets: TargetPools;
  s3: S3Client;
  queue: LoadQueue;
  slabs: SlabPool;
  temp: TempSpace;
  leases: LeaseKeeper;
  metrics: LoadMetrics;
  /** Loads that this worker, told to stop, gave back: their wake-ups are sent when it takes none itself any more. */
  givenBack: Pick<ClaimedLoad, 'id' | 'env'>[];
  tracer: Tracer;
}
