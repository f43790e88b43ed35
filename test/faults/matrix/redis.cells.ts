import t from 'tap';
import { REDIS } from './cells/servers.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', REDIS);
