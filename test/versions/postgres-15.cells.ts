import { ensurePostgis } from '../services/install.js';
import { playMatrix } from './load-matrix.js';

await playMatrix('15', ensurePostgis());
