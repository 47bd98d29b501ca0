import { describe, expect, it } from 'vitest';
import { Bench, threeLevels } from '../../test/tree-model.ts';
import { DEFAULT_STATUS } from '../data/screen-view.ts';
import { MatchView } from './match-view.ts';

const sought = (query: string) => ({ query, status: DEFAULT_STATUS });

describe('a search', () => {
  it('shows the tree again exactly as it was when a search ends', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    const [first, second] = bench.model.root.children;
    if (!first || !second) throw new Error('empty');
    bench.toggle(first.id);
    bench.settle();
    const open = first.children[1];
    if (!open) throw new Error('empty');
    bench.toggle(open.id);
    bench.settle();
    const before = bench.visible();
    const current = bench.store.view.visible.at(3) ?? null;
    bench.store.view.visible.current = current;
    const matched = second.children[0]?.children[1];
    if (!matched) throw new Error('empty');
    const search = bench.store.beginSearch();
    const chain = bench.model.chain(matched).slice(1);
    const page = {
      ...bench.model.page(second, bench.store.order, null),
      rows: chain.map((node) => bench.model.row(node, 'with')),
      matches: [matched.id],
      total: 1,
      more: false,
    };
    bench.store.showSearch(search, new MatchView(bench.store, sought('c1')), page);
    expect(bench.visible()).toEqual(['0 a1 0', '1 a1b0 0', '2 a1b0c1 0']);
    bench.store.endSearch();
    expect(bench.visible()).toEqual(before);
    expect(bench.store.view.visible.current).toBe(current);
  });

  it('goes back from a branch that was entered to the search that it was found by, and ends both at once', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    const [first] = bench.model.root.children;
    if (!first) throw new Error('empty');
    const found = { ...bench.model.page(bench.model.root, bench.store.order, null), matches: [first.id], more: false };
    bench.store.showSearch(bench.store.beginSearch(), new MatchView(bench.store, sought('a0')), found);
    const line = bench.store.view.lines.get(first.id);
    if (!line) throw new Error('not found');
    bench.store.enter(line);
    expect(bench.store.sought).toBeNull();
    expect(bench.store.entered.map(({ id }) => id)).toEqual([first.id]);
    bench.store.leave();
    expect(bench.store.sought?.query).toBe('a0');
    bench.store.enter(line);
    bench.store.endSearch();
    expect(bench.store.entered).toEqual([]);
    expect(bench.visible()).toEqual(bench.expected());
  });

  it('loads again what was opened below a match, where that was out of sight when everything was loaded anew', () => {
    const bench = new Bench(threeLevels);
    bench.settle();
    const [top] = bench.model.root.children;
    const match = top?.children[0];
    if (!top || !match) throw new Error('empty');
    const page = {
      ...bench.model.page(top, bench.store.order, null),
      rows: [top, match].map((node) => bench.model.row(node, 'with')),
      matches: [match.id],
      total: 1,
      more: false,
    };
    bench.store.showSearch(bench.store.beginSearch(), new MatchView(bench.store, sought('a0b0')), page);
    const all = ['0 a0 0', '1 a0b0 0', '2 a0b0c0 0', '2 a0b0c1 1'];
    bench.toggle(match.id);
    bench.settle();
    expect(bench.visible()).toEqual(all);
    bench.toggle(top.id);
    bench.store.refresh();
    bench.wants = [];
    bench.toggle(top.id);
    bench.toggle(match.id);
    bench.settle();
    expect(bench.visible()).toEqual(all);
  });
});
