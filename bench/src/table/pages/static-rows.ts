import type { Page } from './harness.ts';
import { flatten, formatMinutes, type Row } from './model.ts';
import { addRowStyle, oncePerFrame, rowHtml } from './row-style.ts';

/** The physical floor: that many static rows, and raw text nodes for the minutes of those on screen. */
export function staticRows(count: number): Page {
  const scroller = document.createElement('div');
  scroller.className = 'scroll';
  const minutes = new Map<Row, Text>();
  const paint = oncePerFrame((rows) => {
    for (const row of rows) {
      const text = minutes.get(row);
      if (text !== undefined) text.data = formatMinutes(row.minutes);
    }
  });
  return {
    mount(root, { roots }) {
      addRowStyle();
      const rows = flatten(roots).slice(0, count);
      scroller.innerHTML = rows.map(rowHtml).join('');
      root.append(scroller);
      rows.forEach((row, i) => {
        const text = scroller.children[i]?.querySelector('.minutes')?.firstChild;
        if (text instanceof Text) minutes.set(row, text);
      });
    },
    scroller: () => scroller,
    update: (rows) => paint(rows.filter((row) => minutes.has(row))),
    toggle: () => {},
  };
}
