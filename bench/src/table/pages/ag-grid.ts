// ag-grid-community: tree data is Enterprise, so rows are flattened and indented, as its users do.
import {
  CellStyleModule,
  ClientSideRowModelApiModule,
  ClientSideRowModelModule,
  createGrid,
  type GridApi,
  type ICellRendererParams,
  type IRowNode,
  ModuleRegistry,
  RenderApiModule,
  RowApiModule,
  themeQuartz,
} from 'ag-grid-community';
import { run } from './harness.ts';
import { flatten, formatMinutes, type Row } from './model.ts';
import { oncePerFrame } from './row-style.ts';

ModuleRegistry.registerModules([
  ClientSideRowModelModule,
  CellStyleModule,
  RowApiModule,
  ClientSideRowModelApiModule,
  RenderApiModule,
]);

let api: GridApi<Row>;
let shown: HTMLElement;
let roots: readonly Row[] = [];

function nameCell({ data }: ICellRendererParams<Row>): HTMLElement {
  const cell = document.createElement('div');
  if (data === undefined) return cell;
  cell.style.cssText = `display:flex;align-items:center;gap:6px;padding-inline-start:${data.depth * 20}px`;
  const toggle = document.createElement('button');
  toggle.className = 'toggle';
  toggle.textContent = data.hasChildren() ? '▸' : '';
  cell.append(toggle, data.name);
  return cell;
}

function badgeCell({ value }: ICellRendererParams<Row, string>): HTMLElement {
  const badge = document.createElement('span');
  badge.className = 'badge';
  badge.textContent = value ?? '';
  return badge;
}

function switchCell(): HTMLElement {
  const button = document.createElement('button');
  button.textContent = 'Switch to';
  return button;
}

run({
  mount(root, tree) {
    shown = root;
    ({ roots } = tree);
    api = createGrid<Row>(root, {
      theme: themeQuartz,
      rowHeight: 40,
      getRowId: ({ data }) => data.id,
      animateRows: false,
      suppressColumnMoveAnimation: true,
      rowData: flatten(roots),
      columnDefs: [
        { field: 'name', flex: 1, cellRenderer: nameCell },
        { field: 'plan', width: 140 },
        { field: 'members', width: 80 },
        { field: 'agents', width: 80 },
        { field: 'minutes', width: 120, valueFormatter: ({ value }) => formatMinutes(value ?? 0) },
        { field: 'badge', width: 190, cellRenderer: badgeCell },
        { headerName: '', width: 110, cellRenderer: switchCell },
      ],
    });
  },
  scroller: () => shown.querySelector<HTMLElement>('.ag-body-viewport, .ag-grid-viewport') ?? shown,
  update: oncePerFrame((rows) => {
    const rowNodes: IRowNode<Row>[] = [];
    for (const { id } of rows) {
      const node = api.getRowNode(id);
      if (node !== undefined) rowNodes.push(node);
    }
    api.refreshCells({ rowNodes, columns: ['minutes'] });
  }),
  toggle: () => api.setGridOption('rowData', flatten(roots)),
});
