import t from 'tap';
import { KILL } from './cells/process.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', KILL);
