/** What the worker publishes on the diagnostics channel `copydock:step`. */
export interface PublishedStep {
  step: string;
  load: string;
  part?: number;
}

/** A signal that the process sends itself; `pause` keeps its main thread standing until `resume`. */
export type Act = 'SIGKILL' | 'SIGSTOP' | 'SIGTERM' | 'pause';

/** What is to happen at a step, once. */
export interface Arming {
  id: number;
  step: string;
  act: Act;
  /** Of this load only. */
  load?: string;
  /** At the n-th time, counted from the arming; default 1. */
  nth?: number;
}

/** What the test tells a running agent; loaders may send messages of their own. */
export interface Order {
  arm?: Arming;
  disarm?: true;
}

/** A line that the agent writes. */
export type AgentReport =
  | ({ type: 'step' } & PublishedStep)
  | ({ type: 'fired'; id: number } & PublishedStep)
  | { type: 'armed'; id: number };
