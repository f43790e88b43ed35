import t from 'tap';
import { SMOKE } from './cells/smoke.js';
import { runCells } from './run-cells.js';

runCells(t, 'postgres', SMOKE);
