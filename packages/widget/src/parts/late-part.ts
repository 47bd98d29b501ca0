/** A part that few visits need: loaded when it is first asked for. Where that failed, asking again tries again. */
export class LatePart<Part> {
  readonly #make: () => Promise<Part>;
  #loading: Promise<Part> | null = null;
  /** The part, once it is there. */
  part: Part | null = null;

  constructor(make: () => Promise<Part>) {
    this.#make = make;
  }

  async load(): Promise<Part> {
    this.#loading ??= this.#make();
    try {
      this.part = await this.#loading;
      return this.part;
    } catch (cause) {
      this.#loading = null;
      throw cause;
    }
  }

  /** Loads the part ahead of its use. */
  prepare(): void {
    if (this.part === null) this.load().catch(() => undefined);
  }
}
