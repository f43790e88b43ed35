import t from 'tap';
import { LOST_ANSWERS } from './cells/connections.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', LOST_ANSWERS);
