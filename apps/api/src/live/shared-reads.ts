type Reading = { readonly running: Promise<unknown>; next: Promise<unknown> | null };

/** What many look at when a bell rings is read once for all of them. */
export class SharedReads {
  readonly #readings = new Map<string, Reading>();

  /**
   * Reads for whoever asks, together with those who ask for the same meanwhile: each gets what was read after it asked.
   *
   * @param key of what is read, and of all that makes it another thing for somebody else
   */
  read<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#readings.get(key);
    if (!known) return this.#begin(key, read);
    const begin = (): Promise<T> => this.#begin(key, read);
    known.next ??= known.running.then(begin, begin);
    // Under one key everybody asks for the same.
    return known.next as Promise<T>;
  }

  #begin<T>(key: string, read: () => Promise<T>): Promise<T> {
    const running = read();
    const reading: Reading = { running, next: null };
    this.#readings.set(key, reading);
    const end = (): void => {
      if (reading.next === null) this.#readings.delete(key);
    };
    running.then(end, end);
    return running;
  }
}
