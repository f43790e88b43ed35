import t from 'tap';
import { POSTGRES } from './cells/servers.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', POSTGRES);
