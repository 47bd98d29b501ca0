/** A part of a screen that few visits need: loaded when it is first asked for. */
export class LatePart<Part> {
  readonly #load: () => Promise<Part>;
  readonly #arrived: (part: Part) => void;
  #part: Part | null = null;
  #loading = false;

  /** @param arrived called once, when the part is there */
  constructor(load: () => Promise<Part>, arrived: (part: Part) => void) {
    this.#load = load;
    this.#arrived = arrived;
  }

  /** The part; null while it is on its way and when it can't be had. Asking again tries again. */
  get(): Part | null {
    if (this.#part === null && !this.#loading) void this.#fetch();
    return this.#part;
  }

  async #fetch(): Promise<void> {
    this.#loading = true;
    try {
      this.#part = await this.#load();
      this.#arrived(this.#part);
    } catch {
      // whoever asked goes on without it
    } finally {
      this.#loading = false;
    }
  }
}
