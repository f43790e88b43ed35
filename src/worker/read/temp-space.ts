import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CopydockError } from '../../loads/errors.js';

const PREFIX = 'copydock-';
/** What a process that was killed left is removed after this long. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

export interface TempFile {
  path: string;
  /** Removes the file and gives its room to the next. */
  remove(): Promise<void>;
}

/**
 * Room on disk for objects that must lie in a file to be read (Parquet), for all loads of one process together. Who
 * wants more than is free waits until others are done. Holders of a file may wait for a slab, holders of a slab never for
 * a file.
 */
export class TempSpace {
  readonly #maxBytes: number;
  readonly #waiting: { sizeBytes: number; start(): void }[] = [];
  #usedBytes = 0;
  #files = 0;
  #folder: Promise<string> | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The folder of this process, which is made at its first use. */
  folder(): Promise<string> {
    this.#folder ??= makeFolder();
    return this.#folder;
  }

  /** A name for a file that will have at most so many bytes. */
  async open(sizeBytes: number, location: string, signal: AbortSignal): Promise<TempFile> {
    if (sizeBytes > this.#maxBytes) {
      throw new CopydockError(
        'object_too_large',
        `${location} has ${sizeBytes} bytes, and a temporary file may have ${this.#maxBytes}.`,
        { object: location },
      );
    }
    await this.#reserve(sizeBytes, signal);
    const path = join(await this.folder(), `object-${this.#files++}`);
    let isRemoved = false;
    const remove = async () => {
      if (isRemoved) return;
      isRemoved = true;
      await rm(path, { force: true }).finally(() => this.#free(sizeBytes));
    };
    return { path, remove };
  }

  async close(): Promise<void> {
    const folder = await this.#folder;
    if (folder) await rm(folder, { recursive: true, force: true });
  }

  #reserve(sizeBytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const waiter = {
        sizeBytes,
        start: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.#startNext();
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiter);
      this.#startNext();
    });
  }

  #free(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
    this.#startNext();
  }

  /** In order, so that a large file is not passed by for ever. */
  #startNext(): void {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      if (this.#usedBytes + next.sizeBytes > this.#maxBytes) return;
      this.#waiting.shift();
      this.#usedBytes += next.sizeBytes;
      next.start();
    }
  }
}

async function makeFolder(): Promise<string> {
  await removeAbandoned().catch(() => {});
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const processId = /^copydock-(\d+)-\w{6}$/.exec(name)?.[1];
    if (processId === undefined || isAnother(Number(processId))) continue;
    const path = join(tmpdir(), name);
    const { mtimeMs } = await stat(path);
    if (mtimeMs < Date.now() - ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

/** In a container the process before this one had the same id. */
function isAnother(processId: number): boolean {
  if (processId === process.pid) return false;
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
