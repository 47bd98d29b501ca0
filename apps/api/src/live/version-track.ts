/**
 * How far a tree's versions have been published without a hole. Versions are committed in order but become known out of order: two
 * transactions of this server finish their callbacks the other way round, or one was committed by another server.
 * Everything up to `reached` has been published; a frame may carry that id and no higher one.
 */
export class VersionTrack {
  #reached: number | null = null;
  #newest = 0;
  readonly #ahead = new Set<number>();

  /** Everything up to this version is published; 0 before anything is known. */
  get reached(): number {
    return this.#reached ?? 0;
  }

  /** Whether a first state has been read, so that `reached` means something. */
  get started(): boolean {
    return this.#reached !== null;
  }

  /** Whether versions are known to exist that have not been published. */
  get behind(): boolean {
    return this.#reached !== null && this.#newest > this.#reached;
  }

  /** This version exists; what it changed has not been published. */
  expect(version: number): void {
    if (version > this.#newest) this.#newest = version;
  }

  /** What this version changed has been published. */
  mark(version: number): void {
    this.expect(version);
    if (this.#reached !== null && version <= this.#reached) return;
    this.#ahead.add(version);
    this.#advance();
  }

  /** A state was published that contains everything up to this version. */
  jump(version: number): void {
    this.expect(version);
    if (this.#reached !== null && version <= this.#reached) return;
    this.#reached = version;
    for (const known of this.#ahead) if (known <= version) this.#ahead.delete(known);
    this.#advance();
  }

  #advance(): void {
    if (this.#reached === null) return;
    while (this.#ahead.delete(this.#reached + 1)) this.#reached += 1;
  }
}
