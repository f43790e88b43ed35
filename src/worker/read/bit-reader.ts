/** Bits of a buffer, the highest of each byte first. Beyond the end all are zero, which `isBeyondEnd` tells. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #heldBits = 0;

  constructor(bytes: Uint8Array, bitOffset: number) {
    this.#bytes = bytes;
    this.#at = 0;
    if (bitOffset > 0) this.skip(bitOffset);
  }

  /** In bits from the buffer's beginning. */
  get position(): number {
    return this.#at * 8 - this.#heldBits;
  }

  get isBeyondEnd(): boolean {
    return this.position > this.#bytes.length * 8;
  }

  /** At most 24 bits. */
  read(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  /** The next bits, at most 24, which stay where they are. */
  peek(count: number): number {
    if (this.#heldBits < count) this.#fill(count);
    return (this.#held >>> (this.#heldBits - count)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    if (this.#heldBits < count) this.#fill(count);
    this.#heldBits -= count;
  }

  #fill(count: number): void {
    while (this.#heldBits < count) {
      this.#held = (this.#held << 8) | (this.#bytes[this.#at] ?? 0);
      this.#at += 1;
      this.#heldBits += 8;
    }
  }
}
