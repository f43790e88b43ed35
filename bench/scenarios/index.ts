import type { Scenario } from '../scenario.js';
import { append } from './append.js';
import { fullDataSet } from './full-data-set.js';
import { fullOnePercent } from './full-one-percent.js';
import { fullPartition } from './full-partition.js';
import { fullTable } from './full-table.js';
import { inserts } from './inserts.js';
import { memory } from './memory.js';
import { polls } from './polls.js';
import { posts } from './posts.js';
import { rejects } from './rejects.js';
import { scale } from './scale.js';
import { small } from './small.js';
import { waiters } from './waiters.js';

export const SCENARIOS: readonly Scenario[] = [
  append,
  fullDataSet,
  fullTable,
  fullPartition,
  fullOnePercent,
  inserts,
  scale,
  rejects,
  memory,
  small,
  posts,
  polls,
  waiters,
];
