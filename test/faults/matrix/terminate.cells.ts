import t from 'tap';
import { TERMINATE } from './cells/process.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', TERMINATE);
