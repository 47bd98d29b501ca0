import { type Clash, type Document, isObject, isSame, merge, placeOf, type Value, withValue } from './document.ts';
import type { Draft } from './product-drafts.ts';
import type { Product } from './products-source.ts';

/** A product that is edited: as the server has it, what was typed, what is wrong with that, and what others made of it meanwhile. */
export class ProductEditing {
  readonly #drafts: Map<string, Draft>;
  readonly #key: string;
  readonly #begun: Document;
  /** As the server has it; null: not known yet, or it is being made. */
  shown: Product | null = null;
  /** What was typed; null: nothing was changed. */
  draft: Draft | null;
  /** What is wrong, by place. */
  faults: ReadonlyMap<string, string> = new Map();
  /** What both changed. */
  clashes: readonly Clash[] = [];
  /** Who saved it meanwhile, while something was typed. */
  meanwhile: Pick<Product, 'version' | 'savedBy'> | null = null;

  /**
   * @param drafts where what is typed outlives the screen
   * @param key by which it is found there
   * @param begun what a new one begins with
   */
  constructor(drafts: Map<string, Draft>, key: string, begun: Document) {
    this.#drafts = drafts;
    this.#key = key;
    this.#begun = begun;
    this.draft = drafts.get(key) ?? null;
  }

  /** What it was before anything was typed, as far as one may see it. */
  get kept(): Document {
    return this.draft?.base.document ?? this.shown?.document ?? this.#begun;
  }

  get document(): Document {
    return this.draft?.document ?? this.kept;
  }

  /** The product came, for the first time or again: what was typed stays on top of it. */
  take(product: Product): void {
    const { draft } = this;
    this.shown = product;
    if (!draft || draft.base.version === product.version) return;
    const { merged, clashes } = merge(draft.base.document, draft.document, product.document);
    this.clashes = clashes;
    if (clashes.length === 0) this.#keep(product, merged);
    this.meanwhile = this.draft && product;
  }

  change(place: string, value: Value): void {
    const faults = new Map(this.faults);
    faults.delete(place);
    this.faults = faults;
    const base = this.draft?.base ?? { version: this.shown?.version ?? 0, document: this.kept };
    this.#keep(base, withValue(this.document, place, value));
  }

  /** Goes on with what was chosen of both, on top of what is there now. @param stays the places where theirs stays */
  decide(stays: ReadonlySet<unknown>): void {
    const { draft, shown, clashes } = this;
    if (!draft || !shown) return;
    const { merged } = merge(draft.base.document, draft.document, shown.document);
    this.clashes = [];
    this.meanwhile = null;
    this.#keep(
      shown,
      clashes.reduce((all, { place, theirs }) => (stays.has(place) ? withValue(all, place, theirs) : all), merged),
    );
  }

  /** What is sent to be saved: of a kind with parts those that were changed, of any other all of it. */
  sent(extent: 'parts' | 'whole'): Document {
    const { document, kept } = this;
    if (extent === 'whole') return document;
    return Object.fromEntries(Object.entries(document).filter(([name, value]) => !isSame(value, kept[name])));
  }

  /** It was saved. What was typed meanwhile stays. @param document as it was sent */
  saved(product: Product, document: Document): void {
    const now = this.document;
    this.shown = product;
    this.discard();
    if (now !== document) this.#keep(product, merge(document, now, product.document).merged);
  }

  /** What is wrong, wherever the server says it is. */
  refused(faults: readonly { readonly at: string; readonly message: string }[]): void {
    this.faults = new Map(faults.map(({ at, message }) => [placeOf(this.document, at), message]));
  }

  /** Gives up what was typed. */
  discard(): void {
    this.#drafts.delete(this.#key);
    this.draft = null;
    this.faults = new Map();
    this.clashes = [];
    this.meanwhile = null;
  }

  #keep({ version, document: was }: Draft['base'], document: Value): void {
    if (!isObject(document) || isSame(document, was)) {
      this.discard();
      return;
    }
    this.draft = { base: { version, document: was }, document };
    this.#drafts.set(this.#key, this.draft);
  }
}
