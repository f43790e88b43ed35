import t from 'tap';
import { SOURCE } from './cells/s3.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', SOURCE);
