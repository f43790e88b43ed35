import t from 'tap';
import { ZOMBIE } from './cells/process.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', ZOMBIE);
