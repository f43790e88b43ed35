import type { Load } from './load.js';
import { isTerminal, type LoadStatus } from './load-status.js';
import type { LoadChanges } from './store.js';

/** What the caller knows already. Nothing: the first answer's status and attempt are taken for known. */
export interface KnownState {
  version?: number | undefined;
  status?: LoadStatus | undefined;
  attempt?: number | undefined;
}

/**
 * Reads a load until it differs from `known` (in version, or else in status or attempt), is terminal or unknown, the
 * time is up or the caller has gone; then answers it as it is.
 */
export async function waitForChange(
  read: () => Promise<Load | null>,
  subscribe: (onChange: () => void) => ReturnType<LoadChanges['subscribe']>,
  known: KnownState,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Load | null> {
  const bell = new Bell();
  const unsubscribe = subscribe(() => bell.ring());
  const timer = setTimeout(() => bell.end(), timeoutMs);
  const leave = () => bell.end();
  signal.addEventListener('abort', leave);
  if (signal.aborted) bell.end();
  try {
    return await readUntilNews(read, known, bell);
  } finally {
    unsubscribe();
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

async function readUntilNews(
  read: () => Promise<Load | null>,
  known: KnownState,
  bell: Bell,
): Promise<Load | null> {
  let load = await read();
  const since = isNothing(known) ? { status: load?.status, attempt: load?.attempt } : known;
  while (load !== null && !isNews(load, since) && (await bell.rung())) load = await read();
  return load;
}

function isNothing({ version, status, attempt }: KnownState): boolean {
  return version === undefined && status === undefined && attempt === undefined;
}

function isNews(load: Load, known: KnownState): boolean {
  if (isTerminal(load.status)) return true;
  if (known.version !== undefined) return load.version !== known.version;
  return differs(load.status, known.status) || differs(load.attempt, known.attempt);
}

function differs<T>(value: T, known: T | undefined): boolean {
  return known !== undefined && value !== known;
}

/** Remembers a ring that came while nobody listened, such as during a read. */
class Bell {
  #isRung = false;
  #isEnded = false;
  #wake = () => {};

  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** true: it rang since the last time. false: it will not ring again. */
  async rung(): Promise<boolean> {
    if (!this.#isRung && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const answer = this.#isRung;
    this.#isRung = false;
    return answer;
  }
}
