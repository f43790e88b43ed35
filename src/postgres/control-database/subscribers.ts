/** Who wants to know of which load. Cheap for thousands: nothing is asked of the database. */
export class Subscribers {
  readonly #byLoad = new Map<string, Set<{ onChange: () => void }>>();

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

  /** Calls those of one load. They may stop or subscribe anew while they are called. */
  call(loadId: string): void {
    for (const { onChange } of [...(this.#byLoad.get(loadId) ?? [])]) onChange();
  }

  callAll(): void {
    for (const loadId of [...this.#byLoad.keys()]) this.call(loadId);
  }
}
