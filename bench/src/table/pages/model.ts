// One deterministic tree of subaccounts for every page: 40 roots, at most five levels, the first root with 2 000 below it.

export type Row = {
  readonly id: string;
  readonly parent: Row | null;
  readonly depth: number;
  readonly name: string;
  readonly plan: string;
  readonly badge: string;
  readonly members: number;
  readonly agents: number;
  minutes: number;
  readonly children: Row[];
  readonly hasChildren: () => boolean;
  expanded: boolean;
};

export type Tree = { readonly roots: Row[]; readonly all: Row[] };

const ROOTS = 40;
const DEEPEST = 4;
const FIRST_CHILDREN = 50;
const FIRST_GRANDCHILDREN = 39;
const WORDS = ['North', 'Clinic', 'Retail', 'Dental', 'Motors'];

export function plantTree(count: number): Tree {
  const random = randomFrom(42);
  const tree: Tree = { roots: [], all: [] };
  const add = (parent: Row | null): Row => {
    const row = makeRow(tree.all.length, parent);
    tree.all.push(row);
    (parent === null ? tree.roots : parent.children).push(row);
    return row;
  };
  const first = add(null);
  while (tree.roots.length < ROOTS) add(null);
  for (let i = 0; i < FIRST_CHILDREN; i++) {
    const child = add(first);
    for (let j = 0; j < FIRST_GRANDCHILDREN; j++) add(child);
  }
  const rest: Row[] = tree.roots.slice(1);
  while (tree.all.length < count) {
    const parent = rest[Math.floor(random() * Math.min(rest.length, 1_500))];
    if (parent === undefined || parent.depth >= DEEPEST) continue;
    rest.push(add(parent));
  }
  return tree;
}

function makeRow(i: number, parent: Row | null): Row {
  const children: Row[] = [];
  return {
    id: `018bcfe5-6800-7000-8000-${(i + 1).toString(16).padStart(12, '0')}`,
    parent,
    depth: parent === null ? 0 : parent.depth + 1,
    name: `Acct ${String(i).padStart(5, '0')} ${WORDS[i % WORDS.length]}`,
    plan: i % 4 === 3 ? 'Direct' : 'Parent billing',
    badge: i % 4 === 3 ? 'Pays directly' : 'Paid by parent',
    members: 1 + ((i * 7) % 40),
    agents: (i * 3) % 25,
    minutes: (i * 137) % 9_000,
    children,
    hasChildren: () => children.length > 0,
    expanded: true,
  };
}

/** Every visible row from top to bottom. */
export function flatten(roots: readonly Row[]): Row[] {
  const flat: Row[] = [];
  const walk = (rows: readonly Row[]): void => {
    for (const row of rows) {
      flat.push(row);
      if (row.expanded) walk(row.children);
    }
  };
  walk(roots);
  return flat;
}

/** The same "random" numbers on every page. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

const numbers = new Intl.NumberFormat('en-US');
export const formatMinutes = (minutes: number): string => numbers.format(minutes);

export const COLUMNS = ['Name', 'Billing plan', 'Members', 'Agents', 'Minutes used', 'Transfer', ''];
