// React 19 with TanStack Table 9 (expanding) and TanStack Virtual: immutable data, memoised rows.
import {
  createColumnHelper,
  createExpandedRowModel,
  rowExpandingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { run } from './harness.ts';
import { COLUMNS, formatMinutes, type Row, type Tree } from './model.ts';
import { addRowStyle, oncePerFrame } from './row-style.ts';

const features = tableFeatures({ rowExpandingFeature, expandedRowModel: createExpandedRowModel() });
const helper = createColumnHelper<typeof features, Row>();
const columns = helper.columns([
  helper.accessor('name', {}),
  helper.accessor('plan', {}),
  helper.accessor('members', {}),
  helper.accessor('agents', {}),
  helper.accessor('minutes', {}),
  helper.accessor('badge', {}),
]);

type RowProps = { row: Row; minutes: number; open: boolean | undefined; start: number };

const TableRow = memo(({ row, minutes, open, start }: RowProps) => (
  <div
    className="row"
    role="row"
    aria-level={row.depth + 1}
    aria-expanded={open}
    style={{ position: 'absolute', left: 0, right: 0, top: 0, transform: `translateY(${start}px)` }}
  >
    <div role="gridcell" className="name" style={{ paddingInlineStart: row.depth * 20 }}>
      <button type="button" className="toggle" tabIndex={-1}>
        {open === undefined ? '' : '▸'}
      </button>
      {row.name}
    </div>
    <div role="gridcell">{row.plan}</div>
    <div role="gridcell" className="number">
      {row.members}
    </div>
    <div role="gridcell" className="number">
      {row.agents}
    </div>
    <div role="gridcell" className="number">
      {formatMinutes(minutes)}
    </div>
    <div role="gridcell">
      <span className="badge">{row.badge}</span>
    </div>
    <div role="gridcell">
      <button type="button" className="switch" tabIndex={-1}>
        Switch to
      </button>
    </div>
  </div>
));

const childrenOf = (row: Row): Row[] => row.children;
const idOf = (row: Row): string => row.id;

let scroller: HTMLElement;
let setRows: (roots: Row[]) => void;
let setOpen: (open: Record<string, boolean>) => void;

function Table({ roots, onMounted }: { roots: Row[]; onMounted: () => void }) {
  const [data, setData] = useState(roots);
  const [expanded, setExpanded] = useState<true | Record<string, boolean>>(true);
  const frame = useRef<HTMLDivElement>(null);
  const table = useTable({
    features,
    columns,
    data,
    getSubRows: childrenOf,
    getRowId: idOf,
    state: { expanded },
    autoResetExpanded: false,
  });
  const { rows } = table.getRowModel();
  // oxlint-disable-next-line react/incompatible-library -- the documented use; there is no React compiler here
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 40,
    overscan: 6,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  setRows = setData;
  setOpen = setExpanded;
  useEffect(() => {
    if (frame.current !== null) scroller = frame.current;
    onMounted();
  }, [onMounted]);
  return (
    <div className="scroll" role="treegrid" ref={frame}>
      <div className="head" role="row">
        {COLUMNS.map((column) => (
          <div key={column} role="columnheader">
            {column}
          </div>
        ))}
      </div>
      <div style={{ position: 'relative', height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const open = row.getCanExpand() ? row.getIsExpanded() : undefined;
          return <TableRow key={row.id} row={row.original} minutes={row.original.minutes} open={open} start={start} />;
        })}
      </div>
    </div>
  );
}

let tree: Tree;
run({
  mount(root, planted) {
    tree = planted;
    addRowStyle();
    return new Promise((resolve) => createRoot(root).render(<Table roots={tree.roots} onMounted={resolve} />));
  },
  scroller: () => scroller,
  update: oncePerFrame(() => setRows([...tree.roots])),
  toggle: () => {
    const open = Object.fromEntries(tree.all.filter((row) => row.expanded).map((row) => [row.id, true]));
    flushSync(() => setOpen(open));
  },
});
