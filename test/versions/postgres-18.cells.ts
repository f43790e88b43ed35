import { playMatrix } from './load-matrix.js';

await playMatrix('18', undefined);
