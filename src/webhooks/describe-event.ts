import { toLoadBody } from '../http/load-body.js';
import type { LoadBody } from '../http/schemas/load.js';
import type { Load } from '../loads/load.js';

export interface WebhookBody {
  /** `load.succeeded`, `load.failed` or `load.cancelled`. */
  type: string;
  /** When the load ended, ISO 8601. */
  timestamp: string | null;
  /** As `GET /v1/loads/{id}` told it then. */
  data: LoadBody;
}

export function describeEvent(load: Load): WebhookBody {
  return { type: `load.${load.status}`, timestamp: load.finished_at, data: toLoadBody(load) };
}
