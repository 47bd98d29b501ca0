// @vaadin/grid with its tree column and data provider; refreshed as documented, with requestContentUpdate.
import { Grid, type GridItemModel } from '@vaadin/grid';
import type { GridColumn } from '@vaadin/grid/vaadin-grid-column.js';
import '@vaadin/grid/vaadin-grid-tree-column.js';
import { run } from './harness.ts';
import { formatMinutes, type Row } from './model.ts';
import { oncePerFrame } from './row-style.ts';

type Item = Row & { hasKids?: boolean };

const grid = new Grid<Item>();

function column(path: keyof Row, width: number, paint?: (cell: HTMLElement, row: Row) => void): GridColumn<Item> {
  const made = document.createElement('vaadin-grid-column') as GridColumn<Item>;
  made.path = path;
  made.width = `${width}px`;
  made.flexGrow = 0;
  if (paint !== undefined) made.renderer = (cell, _column, { item }: GridItemModel<Item>) => paint(cell, item);
  return made;
}

function paintBadge(cell: HTMLElement, row: Row): void {
  const badge = cell.firstElementChild ?? cell.appendChild(document.createElement('span'));
  badge.className = 'badge';
  badge.textContent = row.badge;
}

function paintSwitch(cell: HTMLElement): void {
  if (cell.firstChild === null) cell.appendChild(document.createElement('button')).textContent = 'Switch to';
}

const refresh = oncePerFrame(() => grid.requestContentUpdate());

run({
  async mount(root, { roots, all }) {
    grid.style.height = '720px';
    grid.itemIdPath = 'id';
    grid.itemHasChildrenPath = 'hasKids';
    grid.pageSize = 200;
    const name = document.createElement('vaadin-grid-tree-column');
    name.setAttribute('path', 'name');
    grid.append(
      name,
      column('plan', 140),
      column('members', 80),
      column('agents', 80),
      column('minutes', 120, (cell, row) => {
        cell.textContent = formatMinutes(row.minutes);
      }),
      column('badge', 190, paintBadge),
      column('id', 110, paintSwitch),
    );
    for (const item of all as Item[]) item.hasKids = item.hasChildren();
    grid.dataProvider = ({ parentItem, page, pageSize }, done) => {
      const rows: Item[] = parentItem?.children ?? roots;
      done(rows.slice(page * pageSize, (page + 1) * pageSize), rows.length);
    };
    grid.expandedItems = all.filter((row) => row.hasChildren());
    root.append(grid);
    await new Promise((resolve) => setTimeout(resolve, 0));
  },
  scroller: () => grid.shadowRoot?.querySelector<HTMLElement>('#table') ?? grid,
  update: refresh,
  toggle: (row) => (row.expanded ? grid.expandItem(row) : grid.collapseItem(row)),
});
