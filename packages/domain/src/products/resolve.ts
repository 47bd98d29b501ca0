import { nameKey } from '../hierarchy/names.ts';
import type { RowId } from '../ids.ts';
import type { NamedThing } from './document.ts';
import { freeName } from './free-name.ts';
import { type Graph, inOrder } from './in-order.ts';
import type { ProductKind } from './kind.ts';

/** A product of the account that things are imported from, as far as it matters what comes along with it. */
export type SourceItem = Pick<ProductKind, 'fromParent' | 'single'> & {
  readonly id: RowId;
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  /** What the wanted parts of it name. */
  readonly refs: readonly NamedThing[];
  /** Where it has secrets, or waits for some. */
  readonly secrets: readonly string[];
  /** Why whoever asks can't have it: they may not read it there, or not write it in the target. */
  readonly refused?: 'hidden' | 'forbidden';
};

/** The account that things are imported into. */
export type TargetState = {
  /** Copies that it has, by what they are copies of. `lacks`: not all that is wanted of it, or not with what stands in it for variables. */
  readonly links: ReadonlyMap<RowId, { readonly product: RowId; readonly version: number; readonly lacks?: boolean }>;
  /** What stands there, by kind and key of its name: `nameIn`. */
  readonly names: ReadonlyMap<string, RowId>;
  /** The one that there is of kinds of which there is but one. */
  readonly singles: ReadonlyMap<string, RowId>;
  /** What somebody said that something comes into, whatever it is called there. */
  readonly named?: ReadonlyMap<RowId, RowId>;
  /** Where products there have secrets. */
  readonly secrets: ReadonlyMap<RowId, readonly string[]>;
};

/** Under what a name stands in {@link TargetState}. */
export const nameIn = (kind: string, key: string): string => `${kind} ${key}`;

/** What becomes of two of one name: both stay, the source's takes the other's place, the target's is used, or nothing is done. */
export const CLASH_ANSWERS = ['keep_both', 'replace', 'use_existing', 'skip'] as const;
export type ClashAnswer = (typeof CLASH_ANSWERS)[number];

/** What is done with something. `clash`: nobody has said yet. */
export type ImportAct = 'new' | 'update' | 'use_existing' | 'replace' | 'merge' | 'move' | 'clash';

export type ResolvedItem = {
  readonly id: RowId;
  readonly kind: string;
  /** As it is called in the target. */
  readonly name: string;
  readonly act: ImportAct;
  /** What it becomes a part of, is used for it, or is in its way. */
  readonly into: RowId | null;
  /** What needs it first; null: it was chosen. */
  readonly because: RowId | null;
  /** It stays at an older version: the one it has, the one there is. */
  readonly updateAvailable: readonly [number, number] | null;
  /** Places of secrets, which are never copied. */
  readonly needsValue: readonly string[];
};

/** Why something that is named isn't copied. */
export type NotCopiedWhy = 'missing' | 'never' | 'moves_when_chosen' | 'not_chosen' | 'skipped' | 'blocked';
export type NotCopied = {
  readonly id: RowId;
  readonly kind: string;
  /** Null: there is none any more. */
  readonly name: string | null;
  /** What names it, and where. */
  readonly by: RowId;
  readonly place: string;
  readonly why: NotCopiedWhy;
};

/** Why something can't be imported. `blocked`: what it needs is. */
export type BlockedWhy = 'missing' | 'never' | 'hidden' | 'forbidden' | 'skipped' | 'blocked';
export type BlockedItem = {
  readonly id: RowId;
  readonly kind: string;
  readonly name: string | null;
  /** What it can't do without, and where it names it; null: it is itself what can't be had. */
  readonly needs: { readonly id: RowId; readonly place: string } | null;
  readonly why: BlockedWhy;
};

export type Resolved = {
  /** What is done: what is needed stands before what needs it; what needs each other is done at once. */
  readonly components: readonly (readonly ResolvedItem[])[];
  readonly notCopied: readonly NotCopied[];
  readonly blocked: readonly BlockedItem[];
  /** Clashes that nobody answered: as long as there are some nothing can be done. */
  readonly unanswered: readonly RowId[];
};

export type ResolveWish = {
  readonly chosen: readonly RowId[];
  readonly source: ReadonlyMap<RowId, SourceItem>;
  readonly target: TargetState;
  readonly answerTo: (item: SourceItem) => ClashAnswer | undefined;
};

type Node = {
  readonly item: SourceItem;
  readonly act: ImportAct;
  readonly into: RowId | null;
  readonly answer: ClashAnswer | undefined;
};

/**
 * What is imported when some products are (rules/products 12): those that are chosen, with all that they need, in the order in which that is
 * done. Depth first, by ids.
 */
export function resolve(wish: ResolveWish): Resolved {
  const chosen = [...new Set(wish.chosen)].toSorted();
  const isChosen = new Set(chosen);
  const walk = new Walk(wish, isChosen);
  for (const id of chosen) walk.enter(id);
  const blocked = walk.blocked();
  const notCopied: NotCopied[] = [];
  const because = new Map<RowId, RowId>();
  const graph: Graph<RowId> = (id) => {
    const { joins, left } = walk.edgesOf(id, blocked);
    notCopied.push(...left);
    for (const to of joins) if (!because.has(to)) because.set(to, id);
    return joins;
  };
  const ordered = inOrder(
    chosen.filter((id) => !blocked.has(id)),
    graph,
  );
  const names = new Names(
    wish.target,
    ordered.flat().map((id) => walk.nodeOf(id)),
  );
  const components = ordered.map((component) =>
    component.toSorted().map((id) => {
      const reason = isChosen.has(id) ? null : (because.get(id) ?? null);
      return resolvedItem(wish.target, walk.nodeOf(id), { because: reason, isChosen: isChosen.has(id), names });
    }),
  );
  const unanswered = components.flat().flatMap(({ id, act }) => (act === 'clash' ? [id] : []));
  return { components, notCopied, blocked: [...blocked.values()], unanswered };
}

function resolvedItem(
  { links, secrets }: TargetState,
  { item, act, into }: Node,
  { because, isChosen, names }: { readonly because: RowId | null; readonly isChosen: boolean; readonly names: Names },
): ResolvedItem {
  const link = links.get(item.id);
  const has = new Set(into === null || act === 'clash' ? [] : secrets.get(into));
  const writes = act !== 'use_existing' && act !== 'move';
  return {
    id: item.id,
    kind: item.kind,
    name: names.of(item.id),
    act,
    into,
    because,
    updateAvailable: link && !isChosen && link.version < item.version ? [link.version, item.version] : null,
    needsValue: writes ? item.secrets.filter((place) => !has.has(place)) : [],
  };
}

/** What is hidden from whoever asks is not named to them. */
const nameOf = ({ name, refused }: SourceItem): string | null => (refused === 'hidden' ? null : name);

/** How things will be called in the target: what is made anew beside one of its name gets the first free number. */
class Names {
  readonly #names = new Map<RowId, string>();

  constructor({ names }: TargetState, nodes: readonly Node[]) {
    const taken = new Set(names.keys());
    const beside = nodes.filter(({ act, answer }) => act === 'new' && answer === 'keep_both');
    for (const { item } of nodes) this.#names.set(item.id, item.name);
    for (const { item, act, answer } of nodes)
      if (act === 'new' && answer !== 'keep_both') taken.add(nameIn(item.kind, nameKey(item.name)));
    for (const { item } of beside) {
      const name = freeName(item.name, (key) => taken.has(nameIn(item.kind, key)));
      taken.add(nameIn(item.kind, nameKey(name)));
      this.#names.set(item.id, name);
    }
  }

  of(id: RowId): string {
    return this.#names.get(id) ?? '';
  }
}

/** All that could come along. */
class Walk {
  readonly #wish: ResolveWish;
  readonly #isChosen: ReadonlySet<RowId>;
  readonly #nodes = new Map<RowId, Node>();
  readonly #faults = new Map<RowId, BlockedItem>();
  /** What can't do without something. */
  readonly #needed = new Map<RowId, { readonly by: RowId; readonly place: string }[]>();

  constructor(wish: ResolveWish, isChosen: ReadonlySet<RowId>) {
    this.#wish = wish;
    this.#isChosen = isChosen;
  }

  nodeOf(id: RowId): Node {
    return this.#nodes.get(id)!;
  }

  enter(first: RowId): void {
    const waiting = [first];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (this.#nodes.has(id) || this.#faults.has(id)) continue;
      const item = this.#wish.source.get(id);
      if (!item) {
        this.#faults.set(id, { id, kind: '', name: null, needs: null, why: 'missing' });
        continue;
      }
      const node = this.#decide(item);
      this.#nodes.set(id, node);
      const why = this.#ownFault(node);
      if (why) this.#faults.set(id, { id, kind: item.kind, name: nameOf(item), needs: null, why });
      else waiting.push(...this.#goOn(node));
    }
  }

  /** Those of what an item names that come along. */
  #goOn({ item, act }: Node): RowId[] {
    if (act === 'use_existing') return [];
    return item.refs.flatMap((ref) => {
      const fate = this.#fateOf(ref);
      if (fate === 'joins') {
        if (ref.need === 'required') {
          const by = this.#needed.get(ref.id) ?? [];
          this.#needed.set(ref.id, [...by, { by: item.id, place: ref.place }]);
        }
        return [ref.id];
      }
      if (fate === 'missing' && ref.need === 'required' && !this.#faults.has(item.id)) {
        const { id, kind, name } = item;
        this.#faults.set(id, { id, kind, name, needs: { id: ref.id, place: ref.place }, why: 'missing' });
      }
      return [];
    });
  }

  #decide(item: SourceItem): Node {
    const { links, names, singles, named } = this.#wish.target;
    if (item.fromParent === 'move') return { item, act: 'move', into: null, answer: undefined };
    const link = links.get(item.id);
    const into = named?.get(item.id);
    if (into !== undefined && link?.product !== into) return { item, act: 'replace', into, answer: undefined };
    if (link) {
      const isOld = link.version < item.version || link.lacks === true;
      const act = this.#isChosen.has(item.id) && isOld ? 'update' : 'use_existing';
      return { item, act, into: link.product, answer: undefined };
    }
    const single = singles.get(item.kind);
    if (item.single && single) return { item, act: 'merge', into: single, answer: undefined };
    const other = names.get(nameIn(item.kind, nameKey(item.name)));
    if (other === undefined) return { item, act: 'new', into: null, answer: undefined };
    const answer = this.#wish.answerTo(item);
    const acts = { keep_both: 'new', replace: 'replace', use_existing: 'use_existing', skip: 'clash' } as const;
    return { item, act: answer ? acts[answer] : 'clash', into: answer === 'keep_both' ? null : other, answer };
  }

  #ownFault({ item, act, answer }: Node): BlockedWhy | null {
    if (item.fromParent === 'never') return 'never';
    if (answer === 'skip') return 'skipped';
    if (item.refused && act !== 'use_existing') return item.refused;
    return null;
  }

  /** What becomes of something that is named, before it is asked what blocks it. */
  #fateOf({ id, kind, need }: NamedThing): 'joins' | NotCopiedWhy {
    const named = this.#wish.source.get(id);
    if (named?.kind !== kind) return 'missing';
    if (named.fromParent === 'never') return 'never';
    const isChosen = this.#isChosen.has(id);
    if (named.fromParent === 'move' && !isChosen) return 'moves_when_chosen';
    // What the target has of it is used, also where nobody has to: or each update would take it out of there.
    if (need === 'optional' && !isChosen && !this.#wish.target.links.has(id)) return 'not_chosen';
    return 'joins';
  }

  /** What can't be imported: what has a fault, and all that can't do without something that has. */
  blocked(): ReadonlyMap<RowId, BlockedItem> {
    const blocked = new Map(this.#faults);
    const waiting = [...blocked.keys()];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const why = blocked.get(id)?.why;
      for (const { by, place } of this.#needed.get(id) ?? []) {
        const { item } = this.nodeOf(by);
        if (blocked.has(by)) continue;
        const cause = blocked.get(id)?.needs === null && why !== undefined ? why : 'blocked';
        blocked.set(by, { id: by, kind: item.kind, name: item.name, needs: { id, place }, why: cause });
        waiting.push(by);
      }
    }
    return new Map([...blocked].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  edgesOf(id: RowId, blocked: ReadonlyMap<RowId, BlockedItem>): { joins: RowId[]; left: NotCopied[] } {
    const { item, act } = this.nodeOf(id);
    const joins: RowId[] = [];
    const left: NotCopied[] = [];
    if (act === 'use_existing') return { joins, left };
    for (const ref of item.refs.toSorted((one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0))) {
      const fate = this.#fateOf(ref);
      const fault = blocked.get(ref.id);
      if (fate === 'joins' && !fault) joins.push(ref.id);
      else {
        const named = this.#wish.source.get(ref.id);
        const name = named && fate !== 'missing' ? nameOf(named) : null;
        const why = fate !== 'joins' ? fate : fault?.why === 'skipped' ? 'skipped' : 'blocked';
        left.push({ id: ref.id, kind: ref.kind, name, by: id, place: ref.place, why });
      }
    }
    return { joins, left };
  }
}
