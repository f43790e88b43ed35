import { BlockScanner } from './block-scanner.js';

/** A reusable piece of memory that a part is read into, uploaded from and copied from. */
export interface Slab {
  readonly bytes: Buffer;
  release(): void;
}

/**
 * The memory for parts in flight, of all loads of one process together. Whoever wants a slab when all are out waits:
 * that is the back-pressure from COPY to the S3 read. Holders must never wait for a second slab while they keep one.
 */
export class SlabPool {
  readonly slabBytes: number;
  /** Scans what stands in the slabs. */
  readonly scanner: BlockScanner;
  readonly #free: Buffer[] = [];
  readonly #waiting: { resolve(slab: Slab): void; reject(reason: unknown): void }[] = [];
  readonly #slabs: number;
  #unmade: number;

  constructor({ slabBytes, totalBytes }: { slabBytes: number; totalBytes: number }) {
    this.slabBytes = slabBytes;
    this.#slabs = Math.max(2, Math.floor(totalBytes / slabBytes));
    this.#unmade = this.#slabs;
    this.scanner = new BlockScanner(this.#slabs * slabBytes);
  }

  acquire(signal: AbortSignal): Promise<Slab> {
    signal.throwIfAborted();
    const bytes = this.#free.pop() ?? this.#make();
    if (bytes !== undefined) return Promise.resolve(this.#lend(bytes));
    return new Promise((resolve, reject) => {
      const waiter = {
        resolve: (slab: Slab) => {
          signal.removeEventListener('abort', giveUp);
          resolve(slab);
        },
        reject,
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** How much of the memory is out, and how many wait for some. */
  use(): { lentBytes: number; totalBytes: number; waiting: number } {
    const lent = this.#slabs - this.#unmade - this.#free.length;
    return {
      lentBytes: lent * this.slabBytes,
      totalBytes: this.#slabs * this.slabBytes,
      waiting: this.#waiting.length,
    };
  }

  #make(): Buffer | undefined {
    if (this.#unmade === 0) return undefined;
    this.#unmade -= 1;
    const from = this.#unmade * this.slabBytes;
    return this.scanner.bytes.subarray(from, from + this.slabBytes);
  }

  #lend(bytes: Buffer): Slab {
    let isOut = true;
    return {
      bytes,
      release: () => {
        if (!isOut) return;
        isOut = false;
        const next = this.#waiting.shift();
        if (next === undefined) this.#free.push(bytes);
        else next.resolve(this.#lend(bytes));
      },
    };
  }
}
