import t from 'tap';
import { S3 } from './cells/s3.js';
import { runCells } from './run-cells.js';

runCells(t, 'redis', S3);
