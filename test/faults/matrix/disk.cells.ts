import t from 'tap';
import { DISK } from './cells/disk.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', DISK);
