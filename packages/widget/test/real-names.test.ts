import { afterEach, describe, expect, it, vi } from 'vitest';
import csv from '../../../examples/demo/data/accounts-iso3166.csv?raw';
import { treeOfCsv } from './example-tree.ts';
import { painted, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

describe('real names of many scripts', () => {
  it('stand each in a direction of its own, on one line, at their place in the tree', async () => {
    const shown = await show(treeOfCsv(csv));
    const { store } = shown;
    for (const name of ['World', 'Asia', 'Western Asia', 'Jordan']) {
      const line = await vi.waitFor(() => shown.line(name));
      store.change((view) => view.open(line));
    }
    await vi.waitFor(() => shown.line('Al ʽAqabah'));
    await painted();
    for (const row of shown.rows()) {
      const name = row.querySelector<HTMLElement>('bdi');
      expect(name && getComputedStyle(name).unicodeBidi).toMatch(/isolate|plaintext/);
      expect(name?.getBoundingClientRect().height).toBeLessThan(row.clientHeight);
    }
    expect(shown.line('Al ʽAqabah').level).toBe(4);
  });
});
