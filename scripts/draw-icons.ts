// Writes icons.ts and list-icons.ts of packages/widget/src/icons: the icons of app and widget, each as the data of one path, from the pinned
// version of Lucide.
// `node scripts/draw-icons.ts` after another icon is named here or another version is pinned; a test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The package that pins Lucide. */
const WIDGET = new URL('../packages/widget/', import.meta.url);

/** Our names, and Lucide's: what the list shows at first, which is in the file that every page loads. */
const LIST_ICONS = {
  ALERT: 'triangle-alert',
  ARROW_DOWN: 'arrow-down',
  ARROW_OUT: 'external-link',
  ARROW_UP: 'arrow-up',
  CLOCK: 'clock',
  CLOSED: 'archive',
  FILTER: 'list-filter',
  LOCK: 'lock',
  PAUSED: 'circle-pause',
  PLUS: 'plus',
  SEARCH: 'search',
  SLIDERS: 'sliders-horizontal',
} as const;

/** All others, which come with what shows them. */
const ICONS = {
  ACTIVITY: 'activity',
  BACK: 'arrow-left',
  BARS: 'chart-column',
  BOX: 'box',
  CHECK: 'check',
  CHEVRON_DOWN: 'chevron-down',
  CLOSE: 'x',
  COPY: 'copy',
  ENTER: 'log-in',
  HELP: 'circle-question-mark',
  JOBS: 'list-checks',
  KEY: 'key-round',
  LAYERS: 'layers',
  MORE: 'ellipsis',
  MOVES: 'arrow-right-left',
  PEOPLE: 'users',
  RECEIPT: 'receipt-text',
  REFRESH: 'refresh-cw',
  SHARE: 'hand-coins',
  TREE: 'network',
  WALLET: 'wallet',
} as const;

type Shape = readonly [kind: string, attributes: Readonly<Record<string, string>>];

/** A shape of Lucide's as the data of a path: one icon is one node of a page. */
function pathOf([kind, attributes]: Shape): string {
  const at = (name: string): number => Number(attributes[name] ?? 0);
  switch (kind) {
    case 'path':
      return attributes['d'] ?? '';
    case 'line':
      return `M${at('x1')} ${at('y1')}L${at('x2')} ${at('y2')}`;
    case 'circle': {
      const [x, y, r] = [at('cx'), at('cy'), at('r')];
      return `M${x + r} ${y}a${r} ${r} 0 1 1-${2 * r} 0a${r} ${r} 0 1 1 ${2 * r} 0Z`;
    }
    case 'rect': {
      const [w, h, r] = [at('width') - 2 * at('rx'), at('height') - 2 * at('rx'), at('rx')];
      const corner = (x: number, y: number): string => `a${r} ${r} 0 0 1 ${x} ${y}`;
      return `M${at('x') + r} ${at('y')}h${w}${corner(r, r)}v${h}${corner(-r, r)}h${-w}${corner(-r, -r)}v${-h}${corner(r, -r)}Z`;
    }
    default:
      throw new TypeError(`no path for a ${kind}`);
  }
}

/** A path that begins with a relative move would go on from the one before: its first point is taken as it is, what follows stays relative. */
const absolute = (d: string): string =>
  d.replace(
    /^m(-?[\d.]+)[ ,]?(-?[\d.]+)\s*(?=(-|\d|\.)?)/,
    (_, x: string, y: string, next?: string) => `M${x} ${y}${next === undefined ? '' : 'l'}`,
  );

const WHERE_FROM =
  '// Made by scripts/draw-icons.ts from Lucide (ISC licence, see LICENSE-lucide.txt): not edited by hand.\n';

/** The modules with all icons, by the names of their files. */
export const drawIcons = (): Readonly<Record<string, string>> => ({
  'list-icons.ts': WHERE_FROM + drawn(LIST_ICONS),
  'icons.ts': `${WHERE_FROM}export * from './list-icons.ts';\n\n${drawn(ICONS)}`,
});

function drawn(icons: Readonly<Record<string, string>>): string {
  const nodes: Readonly<Record<string, readonly Shape[]>> = JSON.parse(
    readFileSync(createRequire(WIDGET).resolve('lucide-static/icon-nodes.json'), 'utf8'),
  );
  const lines = Object.entries(icons).map(([name, lucide]) => {
    const shapes = nodes[lucide] ?? [];
    if (shapes.length === 0) throw new RangeError(`Lucide has no icon ${lucide}`);
    const d = shapes.map(pathOf).map(absolute);
    return `export const ${name} =\n  '${d.join('')}';\n`;
  });
  return lines.join('');
}

if (import.meta.main)
  for (const [file, text] of Object.entries(drawIcons())) writeFileSync(new URL(`src/icons/${file}`, WIDGET), text);
