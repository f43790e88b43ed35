/** Who wants to know of which load, or of every one. Cheap for thousands: nothing is asked of the database. */
export class Subscribers {
  readonly #byLoad = new Map<string, Set<{ onChange: () => void }>>();
  readonly #ofAll = new Set<{ onChange: (id: string | null) => void }>();

  /** Returns the way to stop; a second stop does nothing. */
  add(loadId: string, onChange: () => void): () => void {
    const subscription = { onChange };
    const ofLoad = this.#byLoad.get(loadId) ?? new Set();
    this.#byLoad.set(loadId, ofLoad.add(subscription));
    return () => {
      ofLoad.delete(subscription);
      if (ofLoad.size === 0 && this.#byLoad.get(loadId) === ofLoad) this.#byLoad.delete(loadId);
    };
  }

  /** `onChange` gets the id, or null where any load may have changed. Returns the way to stop. */
  addToAll(onChange: (id: string | null) => void): () => void {
    const subscription = { onChange };
    this.#ofAll.add(subscription);
    return () => {
      this.#ofAll.delete(subscription);
    };
  }

  /** Calls those of one load. They may stop or subscribe anew while they are called. */
  call(loadId: string): void {
    this.#callOfLoad(loadId);
    for (const { onChange } of [...this.#ofAll]) onChange(loadId);
  }

  callAll(): void {
    for (const loadId of [...this.#byLoad.keys()]) this.#callOfLoad(loadId);
    for (const { onChange } of [...this.#ofAll]) onChange(null);
  }

  #callOfLoad(loadId: string): void {
    for (const { onChange } of [...(this.#byLoad.get(loadId) ?? [])]) onChange();
  }
}
