import { type AccountSort, formatDecimal } from '@tenantree/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bench, NEXT_PERIOD, PERIOD, threeLevels } from '../../test/tree-model.ts';
import { pause } from './held-frames.ts';
import { PAGE_ROWS } from './tree-view.ts';

describe('a tree of accounts', () => {
  it('keeps room for the children of an opened account until they are loaded', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    const [first] = bench.model.root.children;
    if (!first) throw new Error('empty');
    bench.toggle(first.id);
    expect(bench.visible()).toEqual(['0 a0 0', '1 skeleton', '1 skeleton', '1 skeleton', '0 a1 1', '0 a2 2']);
    bench.settle();
    expect(bench.visible()).toEqual(['0 a0 0', '1 a0b0 0', '1 a0b1 1', '1 a0b2 2', '0 a1 1', '0 a2 2']);
  });

  it('opens whole branches at once when it is answered at once', () => {
    const bench = new Bench(threeLevels, 'prompt');
    bench.store.change((view) => view.root.lines.forEach((line) => view.openDeep(line)));
    expect(bench.visible()).toHaveLength(3 + 9 + 18);
    expect(bench.visible()).toEqual(bench.expected());
  });

  it('offers the next page, and says in place when it could not be loaded', () => {
    const bench = new Bench((model) => {
      for (let k = 0; k < 250; k++) model.add(`k${String(k).padStart(3, '0')}`, model.root);
    });
    bench.settle();
    expect(bench.visible().at(-1)).toBe('0 more');
    expect(bench.visible()).toHaveLength(201);
    bench.store.change((view) => view.more(view.root));
    const [want] = bench.wants.splice(0);
    if (!want) throw new Error('nothing wanted');
    expect(bench.visible().slice(199)).toEqual(['0 k199 199', ...Array.from({ length: 50 }, () => '0 skeleton')]);
    bench.store.fail(
      want,
      Object.assign(new Error('no'), {
        code: 'UNAVAILABLE' as const,
        field: null,
        retryable: true,
        requestId: null,
        faults: [],
        name: 'SourceRefusal' as const,
      }),
    );
    expect(bench.visible().at(-1)).toBe('0 failure');
    bench.store.change((view) => view.more(view.root));
    bench.settle();
    expect(bench.visible()).toHaveLength(250);
    expect(bench.visible()).toEqual(bench.expected());
  });

  it('never lets a page that was read earlier overwrite a newer tick, also for rows that were not loaded when it came', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    const [top] = bench.model.root.children;
    const leaf = top?.children[0];
    if (!top || !leaf) throw new Error('empty');
    bench.toggle(top.id);
    const [want] = bench.wants.splice(0);
    if (!want) throw new Error('nothing wanted');
    const deliver = bench.answerLater(want);
    bench.tick(leaf, 5n * 10n ** 9n);
    deliver();
    expect(bench.minutes(leaf)).toBe('5');
    expect(bench.minutes(top)).toBe('5');
  });

  it('starts every account at zero in a new billing period, and ignores what is left of the old one', () => {
    const bench = new Bench(threeLevels);
    const [top, other] = bench.model.root.children;
    if (!top || !other) throw new Error('empty');
    top.own = top.total = 7n * 10n ** 9n;
    other.own = other.total = 3n * 10n ** 9n;
    bench.settle();
    expect(bench.minutes(top)).toBe('7');
    const late = bench.model.page(bench.model.root, bench.store.order, null);
    bench.model.version += 1;
    bench.store.takeUsage({
      version: bench.model.version,
      period: NEXT_PERIOD,
      minutes: [[other.id, formatDecimal(1n), formatDecimal(1n)]],
    });
    expect(bench.minutes(top)).toBe('0');
    expect(bench.minutes(other)).toBe('0.000000001');
    bench.store.takeUsage({
      version: bench.model.version + 1,
      period: PERIOD,
      minutes: [[top.id, formatDecimal(9n), formatDecimal(9n)]],
    });
    bench.store.refresh();
    const [want] = bench.wants.splice(0);
    if (want) bench.store.receive(want, late);
    expect(bench.minutes(top)).toBe('0');
  });

  it('keeps its order when numbers change, says that it is out of date, and sorts when asked', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    bench.store.sortBy({ sort: 'minutes', direction: 'desc' });
    bench.settle();
    const before = bench.visible();
    const [, second, last] = bench.store.view.root.lines.map(({ account }) => bench.model.node(account.id));
    if (!second || !last) throw new Error('empty');
    bench.tick(last, 10n ** 9n);
    expect(bench.visible()).toEqual(before);
    expect(bench.store.view.isOutOfOrder()).toBe(true);
    bench.store.sortBy(bench.store.order);
    expect(bench.store.view.isOutOfOrder()).toBe(false);
    expect(bench.visible()[0]).toBe(`0 ${last.name} 0`);
  });

  it('holds live changes back while paused and shows all of them afterwards', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    const [top] = bench.model.root.children;
    if (!top) throw new Error('empty');
    const before = bench.visible();
    pause(bench.store, 'paused');
    bench.tick(top, 10n ** 9n);
    bench.tick(top, 10n ** 9n);
    bench.announce([bench.model.add('a9', bench.model.root)]);
    expect(bench.visible()).toEqual(before);
    expect(bench.minutes(top)).toBe('0');
    pause(bench.store, 'running');
    expect(bench.visible()).toEqual(bench.expected());
    expect(bench.minutes(top)).toBe('2');
  });

  it('gives the focus to the nearest row when the current one is taken away', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    const [, second, third] = bench.model.root.children;
    if (!second || !third) throw new Error('empty');
    const { visible, lines } = bench.store.view;
    visible.current = lines.get(second.id) ?? null;
    bench.announce([], [second.id]);
    expect(visible.current).toBe(lines.get(third.id));
    bench.announce([], [third.id]);
    expect(visible.current?.kind === 'account' && visible.current.account.row.name).toBe('a0');
  });

  const step = fc.record({
    what: fc.constantFrom(
      'toggle',
      'toggle',
      'toggle',
      'answer',
      'answer',
      'tick',
      'tick',
      'arrive',
      'leave',
      'move',
      'rename',
      'close',
      'sort',
      'refresh',
      'pause',
      'more',
    ),
    at: fc.nat(1_000),
    to: fc.nat(1_000),
  });

  const sizes = fc.constantFrom(2, 3, PAGE_ROWS);
  const servers = fc.constantFrom('slow' as const, 'prompt' as const);

  it('is at any time what a tree that is flattened anew would be, whatever arrives in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), sizes, servers, (steps, limit, server) => {
        const bench = new Bench(threeLevels, server);
        bench.limit = limit;
        const { model, store } = bench;
        const pending: (() => void)[] = [];
        const collect = (): void => {
          for (const want of bench.wants.splice(0)) pending.push(bench.answerLater(want));
        };
        for (const { what, at, to } of steps) {
          const nodes = model.nodes
            .slice(1)
            .filter((node) => model.chain(node).every((one) => one.status !== 'closed'));
          const node = nodes[at % Math.max(1, nodes.length)];
          const other = nodes[to % Math.max(1, nodes.length)];
          if (what === 'answer') pending.splice(to % Math.max(1, pending.length), 1)[0]?.();
          else if (what === 'pause') pause(store, at % 2 === 0 ? 'paused' : 'running');
          else if (what === 'refresh') store.refresh();
          else if (what === 'more') {
            const line = store.view.visible.at(at % Math.max(1, store.view.visible.length));
            if (line && line.kind !== 'account') store.change((view) => view.more(line.home));
          } else if (what === 'sort') {
            const keys: readonly AccountSort[] = ['name', 'minutes', 'members', 'created'];
            store.sortBy({ sort: keys[at % 4] ?? 'name', direction: to % 2 === 0 ? 'asc' : 'desc' });
          } else if (what === 'arrive') {
            const parent = node && to % 3 > 0 ? node : model.root;
            const child = model.add(`n${model.nextName()}`, parent);
            bench.announce([child, ...model.chain(parent)]);
          } else if (node === undefined || other === undefined) continue;
          else if (what === 'toggle') bench.toggle(node.id);
          else if (what === 'tick') bench.tick(node, BigInt(to + 1));
          else if (what === 'rename') {
            node.name = `r${to}-${model.nextName()}`;
            bench.announce([node]);
          } else if (what === 'leave' || what === 'close') {
            const chain = model.chain(node).slice(0, -1);
            const gone = [node, ...model.below(node)];
            if (what === 'close' && node.children.length > 0) continue;
            if (what === 'close') node.status = 'closed';
            else node.parent?.children.splice(node.parent.children.indexOf(node), 1);
            if (what === 'leave') for (const one of gone) model.nodes.splice(model.nodes.indexOf(one), 1);
            bench.announce(
              what === 'close' ? [node, ...chain] : chain,
              what === 'leave' ? gone.map(({ id }) => id) : [],
            );
          } else if (what === 'move') {
            if (node === other || model.below(node).includes(other)) continue;
            const from = model.chain(node).slice(0, -1);
            node.parent?.children.splice(node.parent.children.indexOf(node), 1);
            node.parent = other;
            other.children.push(node);
            bench.announce([...new Set([...from, ...model.chain(other), node, ...model.below(node)])]);
          }
          collect();
        }
        pause(store, 'running');
        for (const deliver of pending.splice(0)) deliver();
        bench.settle();
        store.sortBy({ sort: 'name', direction: 'asc' });
        bench.exhaust();
        expect(bench.visible()).toEqual(bench.expected());
        for (const { account } of store.view.lines.values()) {
          const node = model.node(account.id);
          expect(account.row.name).toBe(node.name);
          expect(account.row.children, node.name).toBe(model.row(node, 'with').children);
          expect(account.minutes?.total, node.name).toBe(formatDecimal(node.total));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('knows at any time whether siblings still stand in the order they were sorted by', () => {
    const direction = fc.constantFrom('asc' as const, 'desc' as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.nat(50)), { maxLength: 30 }), direction, (ticks, direction) => {
        const bench = new Bench(threeLevels);
        bench.settle();
        for (const node of bench.model.root.children) bench.toggle(node.id);
        bench.settle();
        bench.store.sortBy({ sort: 'minutes', direction });
        for (const [at, minutes] of ticks) {
          const node = bench.model.nodes[1 + (at % (bench.model.nodes.length - 1))];
          if (node) bench.tick(node, BigInt(minutes) * 10n ** 9n);
        }
        const shown = [bench.store.view.root, ...bench.store.view.root.lines.flatMap(({ branch }) => branch ?? [])];
        const late = shown.some(({ lines }) =>
          lines.some(({ account }, k) => {
            const before = lines[k - 1];
            const rise = before ? Number(account.minutes?.total) - Number(before.account.minutes?.total) : 0;
            return direction === 'asc' ? rise < 0 : rise > 0;
          }),
        );
        expect(bench.store.view.isOutOfOrder()).toBe(late);
      }),
    );
  });
});
