import t from 'tap';
import { CANCEL } from './cells/process.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', CANCEL);
