import { ensurePostgres17 } from '../services/install.js';
import { CACHE_DIR } from '../services/start.js';
import { playMatrix } from './load-matrix.js';

await playMatrix('17', ensurePostgres17(CACHE_DIR));
