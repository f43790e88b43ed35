import t from 'tap';
import { cells } from './cell.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', cells('kill', ['accepted'], 'succeeded'));
