import t from 'tap';
import { SILENCE } from './cells/connections.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', SILENCE);
