import { Counter, Histogram, type Registry } from 'prom-client';
import type { LoadType, Receipt } from '../loads/load.js';
import type { TerminalStatus } from '../loads/load-status.js';
import { boundLabel } from './bounded-label.js';

const MAX_DATA_SETS = 200;
const SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600, 7200, 21_600];
const FATES = [
  'inserted',
  'updated',
  'unchanged',
  'deleted',
  'rejected',
  'deduplicated',
  'filtered',
] as const;

export interface EndedLoad {
  env: string;
  dataSet: string;
  loadType: LoadType;
  status: TerminalStatus;
  /** Why it failed. */
  code: string | null;
  receipt: Receipt | null;
  /** From the attempt's acceptance to its end. */
  seconds: number;
}

/** What became of the loads that this process ended. */
export class LoadMetrics {
  readonly #boundDataSet = boundLabel(MAX_DATA_SETS);
  readonly #ended: Counter<'env' | 'data_set' | 'load_type' | 'status' | 'code'>;
  readonly #durations: Histogram<'env' | 'status'>;
  readonly #phases: Histogram<'env' | 'phase'>;
  readonly #rows: Counter<'env' | 'data_set' | 'fate'>;
  readonly #bytes: Counter<'env' | 'data_set'>;
  readonly #faults: Counter<'env' | 'code'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#ended = new Counter({
      name: 'copydock_loads_ended_total',
      help: 'Loads that ended, by status and, of failed ones, by the code of the error.',
      labelNames: ['env', 'data_set', 'load_type', 'status', 'code'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'copydock_load_duration_seconds',
      help: 'Time from the acceptance of an attempt to its end.',
      labelNames: ['env', 'status'],
      buckets: SECONDS,
      registers,
    });
    this.#phases = new Histogram({
      name: 'copydock_load_phase_seconds',
      help: 'Time that succeeded loads spent in each phase.',
      labelNames: ['env', 'phase'],
      buckets: SECONDS,
      registers,
    });
    this.#rows = new Counter({
      name: 'copydock_rows_total',
      help: 'Rows of succeeded loads by what became of them.',
      labelNames: ['env', 'data_set', 'fate'],
      registers,
    });
    this.#bytes = new Counter({
      name: 'copydock_source_bytes_total',
      help: 'Bytes of source objects of succeeded loads.',
      labelNames: ['env', 'data_set'],
      registers,
    });
    this.#faults = new Counter({
      name: 'copydock_load_faults_total',
      help: 'Errors that work on loads met, by code; those that were tried again, too.',
      labelNames: ['env', 'code'],
      registers,
    });
  }

  countFault(env: string, code: string): void {
    this.#faults.inc({ env, code });
  }

  countEnded({ env, dataSet, loadType, status, code, receipt, seconds }: EndedLoad): void {
    const data_set = this.#boundDataSet(dataSet);
    this.#ended.inc({ env, data_set, load_type: loadType, status, code: code ?? '' });
    this.#durations.observe({ env, status }, seconds);
    if (receipt === null) return;
    for (const fate of FATES) this.#rows.inc({ env, data_set, fate }, receipt[fate]);
    this.#bytes.inc({ env, data_set }, receipt.source_bytes);
    for (const [phase, spent] of Object.entries(receipt.seconds)) this.#phases.observe({ env, phase }, spent);
  }
}
