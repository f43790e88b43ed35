import type { Static } from 'typebox';
import type { CallerSchema, LogPageSchema, RejectPageSchema } from '../../http/schemas/answers.js';
import type { EnvironmentBody } from '../../http/schemas/environment.js';
import type { LoadBody } from '../../http/schemas/load.js';

/** What the API answers, so that the page can't drift from it. */
export type Load = LoadBody;
export type Environment = EnvironmentBody;
export type Receipt = NonNullable<Load['receipt']>;
export type Caller = Static<typeof CallerSchema>;
export type Reject = Static<typeof RejectPageSchema>['items'][number];
export type LogLine = Static<typeof LogPageSchema>['items'][number];

export type Address = { view: 'overview'; filters: Filters } | { view: 'load'; id: string };
export interface Filters {
  env: string;
  data_set: string;
  status: string;
}
