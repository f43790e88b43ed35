import t from 'tap';
import { RACE } from './cells/process.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', RACE);
