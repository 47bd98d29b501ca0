import { type AccountId, type AccountRow, formatDecimal, type Instant, instantOf, newId } from '@tenantree/domain';
import { expect } from 'vitest';
import type { AccountPage, Order } from '../src/data/account-source.ts';
import { SourceRefusal } from '../src/data/refusals.ts';
import type { Account } from '../src/tree/lines.ts';
import { comparing } from '../src/tree/order.ts';
import { TreeStore, type Want } from '../src/tree/tree-store.ts';
import { PAGE_ROWS } from '../src/tree/tree-view.ts';

export const PERIOD = instantOf(Date.UTC(2026, 10, 1));
export const NEXT_PERIOD = instantOf(Date.UTC(2026, 11, 1));
const bytes = (n: number): Uint8Array => Uint8Array.from({ length: 10 }, (_, i) => (n >> (i * 3)) & 0xff);
let serial = 0;
const GONE = new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such account.', retryable: false });

/** One account on a server that is a plain object: own minutes, totals summed anew each time. */
export type Node = {
  readonly id: AccountId;
  name: string;
  own: bigint;
  /** Of its subtree; what was counted stays with the ancestors of its time (rules/usage 12). */
  total: bigint;
  parent: Node | null;
  children: Node[];
  status: AccountRow['status'];
};

/** The naive model: a tree, the set of opened accounts, and a flatten that starts over every time. */
export class Model {
  readonly root: Node;
  readonly nodes: Node[] = [];
  readonly open = new Set<AccountId>();
  readonly cursors = new Map<string, Account>();
  version = 1;
  period: Instant = PERIOD;

  constructor() {
    this.root = this.add('root', null);
  }

  add(name: string, parent: Node | null): Node {
    serial += 1;
    const node: Node = {
      id: newId(Date.UTC(2026, 10, 23) + serial, bytes(serial)),
      name,
      own: 0n,
      total: 0n,
      parent,
      children: [],
      status: 'active',
    };
    parent?.children.push(node);
    this.nodes.push(node);
    return node;
  }

  chain(node: Node): Node[] {
    return node.parent ? [...this.chain(node.parent), node] : [node];
  }

  row(node: Node, minutes: 'with' | 'without'): AccountRow {
    const live = node.children.filter((child) => child.status !== 'closed');
    return {
      id: node.id,
      parentId: node.parent?.id ?? null,
      externalId: null,
      name: node.name,
      depth: this.chain(node).length - 1,
      status: node.status,
      suspension: null,
      protected: false,
      billingMode: 'parent',
      transferUntil: null,
      children: live.length,
      subaccounts: this.below(node).length,
      members: { own: 1, total: 1 + this.below(node).length },
      agents: { own: 0, total: 0 },
      minutes: minutes === 'with' ? { own: formatDecimal(node.own), total: formatDecimal(node.total) } : null,
      caps: { restricted: 0, unreviewed: 0 },
      minutesMax: null,
      createdAt: PERIOD,
      closedAt: null,
    };
  }

  /** A name that nobody has. */
  nextName(): number {
    serial += 1;
    return serial;
  }

  below(node: Node): Node[] {
    return node.children.flatMap((child) => [child, ...this.below(child)]);
  }

  account(node: Node): Account {
    const row = this.row(node, 'with');
    return { id: row.id, row, rowVersion: 0, minutes: row.minutes && { ...row.minutes, version: 0 }, nameKey: null };
  }

  page(node: Node, order: Order, cursor: string | null, limit = PAGE_ROWS): AccountPage {
    const sorted = node.children
      .filter((child) => child.status !== 'closed')
      .map((child) => this.account(child))
      .sort(comparing(order));
    const after = this.cursors.get(cursor ?? '');
    const rest = after ? sorted.filter((one) => comparing(order)(one, after) > 0) : sorted;
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    const next = rest.length > limit && last ? `after ${this.cursors.size}` : null;
    if (next && last) this.cursors.set(next, last);
    return {
      rows: page.map(({ row }) => row),
      nextCursor: next,
      total: sorted.length,
      treeVersion: this.version,
      resumeId: String(this.version),
      period: this.period,
    };
  }

  node(id: AccountId): Node {
    const found = this.nodes.find((node) => node.id === id);
    if (!found) throw new Error('no such node');
    return found;
  }
}

/** The store beside the model, with wants that are answered when the test says so. */
export class Bench {
  readonly model = new Model();
  wants: Want[] = [];
  readonly store: TreeStore;
  limit = PAGE_ROWS;

  /** @param server answers wants later, when the test says so, or at once */
  constructor(build: (model: Model) => void, server: 'slow' | 'prompt' = 'slow') {
    build(this.model);
    this.store = new TreeStore(this.model.root.id, (want) => {
      if (server === 'slow') this.wants.push(want);
      else this.answerLater(want)();
    });
    this.store.load(this.model.root.children.length);
  }

  /** A page as the server has it now, to be delivered whenever. */
  answerLater(want: Want): () => void {
    const node = this.model.nodes.find(({ id }) => id === want.branch.accountId);
    // It has left, and this store has not heard of it yet: it is paused.
    if (node === undefined) return () => this.store.fail(want, GONE);
    const page = this.model.page(node, want.order, want.cursor, this.limit);
    return () => this.store.receive(want, page);
  }

  settle(): void {
    while (this.wants.length > 0) {
      const wants = this.wants;
      this.wants = [];
      for (const want of wants) this.answerLater(want)();
    }
  }

  /** Loads every page of everything that is open. */
  exhaust(): void {
    this.settle();
    const { visible } = this.store.view;
    for (let i = 0; i < visible.length; i++) {
      const line = visible.at(i);
      if (line?.kind !== 'more') continue;
      this.store.change((view) => view.more(line.home));
      this.settle();
      i = -1;
    }
  }

  tick(node: Node, minutes: bigint): void {
    node.own += minutes;
    for (const one of this.model.chain(node)) one.total += minutes;
    this.model.version += 1;
    const touched = this.model.chain(node);
    this.store.takeUsage({
      version: this.model.version,
      period: this.model.period,
      minutes: touched.map((one) => [one.id, formatDecimal(one.own), formatDecimal(one.total)]),
    });
  }

  announce(changed: readonly Node[], gone: readonly AccountId[] = []): void {
    this.model.version += 1;
    const rows = changed.map((node) => this.model.row(node, 'without'));
    this.store.takeAccounts({ version: this.model.version, changed: rows, gone });
  }

  toggle(id: AccountId): void {
    this.store.change((view) => {
      const line = view.lines.get(id);
      if (!line || view.visible.indexOf(line) < 0) return;
      if (line.open) view.close(line);
      else view.open(line);
    });
  }

  /** What is visible: id, level and place of every account. */
  visible(): string[] {
    const { visible } = this.store.view;
    return Array.from({ length: visible.length }, (_, i) => {
      const line = visible.at(i);
      if (line === undefined) return 'nothing';
      expect(visible.indexOf(line)).toBe(i);
      return line.kind === 'account'
        ? `${line.level} ${line.account.row.name} ${line.place}`
        : `${line.level} ${line.kind}`;
    });
  }

  /** The same from the model, started over. */
  expected(order: Order = this.store.order): string[] {
    const walk = (node: Node, level: number): string[] => {
      const rows = this.model.page(node, order, null, 1e9).rows;
      return rows.flatMap((row, place) => {
        const line = this.store.view.lines.get(row.id);
        const inside = line?.open ? walk(this.model.node(row.id), level + 1) : [];
        return [`${level} ${row.name} ${place}`, ...inside];
      });
    };
    return walk(this.model.root, 0);
  }

  minutes(node: Node): string | undefined {
    return this.store.account(node.id)?.minutes?.total;
  }
}

export const threeLevels = (model: Model): void => {
  for (let a = 0; a < 3; a++) {
    const top = model.add(`a${a}`, model.root);
    for (let b = 0; b < 3; b++) {
      const middle = model.add(`a${a}b${b}`, top);
      for (let c = 0; c < 2; c++) model.add(`a${a}b${b}c${c}`, middle);
    }
  }
};
