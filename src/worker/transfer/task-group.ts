import { setMaxListeners } from 'node:events';

/**
 * Tasks that stand or fall together: the first failure aborts the others, and nothing is left running when the group
 * is over. At most `width` tasks run: `start` holds the producer back while all are busy.
 */
export class TaskGroup {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #width: number;
  #failure: { error: unknown } | null = null;

  constructor(outer: AbortSignal, width: number) {
    this.signal = AbortSignal.any([outer, this.#controller.signal]);
    setMaxListeners(0, this.signal);
    this.#width = width;
  }

  /** Starts a task as soon as there is room. Throws the group's first failure. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#width && this.#failure === null) await Promise.race(this.#running);
    this.#throwFailure();
    const running: Promise<void> = task()
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#controller.abort(error);
  }

  /** Waits until every task is over; throws the first failure. */
  async finish(): Promise<void> {
    await Promise.all(this.#running);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

/** Runs `produce`, which starts tasks, and then waits for all of them, whether it throws or not. */
export async function runTaskGroup(
  outer: AbortSignal,
  width: number,
  produce: (group: TaskGroup) => Promise<void>,
): Promise<void> {
  const group = new TaskGroup(outer, width);
  try {
    await produce(group);
  } catch (error) {
    group.fail(error);
  }
  await group.finish();
}
