import type { LoadService } from '../loads/service.js';

export type { Principal } from '../loads/principal.js';

/** What the routes need of the service. */
export type LoadOperations = Pick<
  LoadService,
  | 'submit'
  | 'get'
  | 'waitForChange'
  | 'list'
  | 'logs'
  | 'rejects'
  | 'rejectColumns'
  | 'cancel'
  | 'retry'
  | 'pauses'
  | 'pause'
  | 'resume'
  | 'environments'
  | 'subscribe'
  | 'subscribeAll'
  | 'isReady'
>;
