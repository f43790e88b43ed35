import t from 'tap';
import { CUT } from './cells/connections.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', CUT);
