import type { Result } from './result.js';
import type { World } from './world.js';

export interface Scenario {
  name: string;
  /** One line: what is done, and what it is compared with. */
  title: string;
  /** What it should show. */
  aim: string;
  run(world: World): Promise<Result[]>;
}
