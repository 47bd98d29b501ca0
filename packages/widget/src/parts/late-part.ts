import { fetched } from '@tenantree/client';

/** A part that few visits need: loaded when it is first asked for. Where that failed, asking again tries again. */
export class LatePart<Part, Module extends object = object> {
  readonly #fetch: () => Promise<Module>;
  readonly #name: keyof Module & string;
  readonly #make: (module: Module) => Part;
  readonly #ready: (() => void) | undefined;
  #loading: Promise<Part> | null = null;
  #prepared = false;
  /** The part, once it is there. */
  part: Part | null = null;

  /**
   * @param fetch imports the module that has the part
   * @param name by which the module exports it
   * @param ready called when the part is there
   */
  constructor(
    fetch: () => Promise<Module>,
    name: keyof Module & string,
    make: (module: Module) => Part,
    ready?: () => void,
  ) {
    this.#fetch = fetch;
    this.#name = name;
    this.#make = make;
    this.#ready = ready;
  }

  load(): Promise<Part> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Loads the part ahead of its use. Tries once: the pointer comes near more often than a server comes back. */
  prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    this.load().catch(() => undefined);
  }

  async #load(): Promise<Part> {
    try {
      this.part = this.#make(await fetched(this.#fetch, this.#name));
    } catch (cause) {
      this.#loading = null;
      throw cause;
    }
    this.#ready?.();
    return this.part;
  }
}
