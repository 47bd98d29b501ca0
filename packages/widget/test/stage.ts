import type { AccountId } from '@tenantree/domain';
import { vi } from 'vitest';
import { defineElements, SamSubaccounts, SamTree } from '../src/index.ts';
import { TOKENS } from '../src/tokens/page-tokens.ts';
import type { AccountLine, Line } from '../src/tree/lines.ts';
import type { TreeStore } from '../src/tree/tree-store.ts';
import type { MemorySource } from './memory-source.ts';

/** What a screen is shown in. */
export type Stage = {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  readonly dir?: 'ltr' | 'rtl';
};

/** A subaccounts screen with its parts at hand. */
export type Shown = {
  readonly screen: SamSubaccounts;
  readonly tree: SamTree;
  readonly store: TreeStore;
  readonly scroller: HTMLElement;
  /** Rows in the order of the document. */
  readonly rows: () => HTMLElement[];
  /** Row of an account on screen. */
  readonly row: (name: string) => HTMLElement;
  readonly line: (name: string) => AccountLine;
  readonly names: () => string[];
};

/** Two frames: everything that waits for the next one has been painted. */
export const painted = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

/** An empty page of ours: the tokens, a frame of the wanted size. */
export function stage({ width = 1200, height = 640, theme = 'light', dir = 'ltr' }: Stage = {}): HTMLElement {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    `${TOKENS} :root { color-scheme: ${theme} } body { margin: 0; background: var(--sam-canvas); color: var(--sam-text); font-family: sans-serif }`,
  );
  document.adoptedStyleSheets = [sheet];
  document.documentElement.lang = 'en';
  document.documentElement.dir = dir;
  document.body.replaceChildren();
  const frame = document.createElement('main');
  frame.style.inlineSize = `${width}px`;
  frame.style.blockSize = `${height}px`;
  document.body.append(frame);
  return frame;
}

/** Shows the subaccounts of the source's root, and waits for the first rows, and until they are live. */
export async function show(
  source: MemorySource,
  options: Stage = {},
  prepare: (screen: SamSubaccounts) => void = () => undefined,
): Promise<Shown> {
  defineElements();
  const screen = new SamSubaccounts();
  screen.source = source;
  screen.account = source.root.row.id;
  screen.fit = 'fill';
  prepare(screen);
  stage(options).append(screen);
  const tree = await vi.waitFor(() => {
    const found = screen.renderRoot.querySelector('sam-tree');
    if (!(found instanceof SamTree) || !found.renderRoot?.querySelector('.window .row[data-kind="account"]'))
      throw new Error('no rows yet');
    return found;
  });
  await vi.waitFor(() => {
    if (!source.calls.some(({ method }) => method === 'subscribeAccounts')) throw new Error('not watched yet');
  });
  return shown(screen, tree);
}

function shown(screen: SamSubaccounts, tree: SamTree): Shown {
  const { store } = tree;
  const scroller = tree.renderRoot.querySelector<HTMLElement>('.scroller');
  if (!store || !scroller) throw new Error('the tree has no store');
  const rows = (): HTMLElement[] => [...tree.renderRoot.querySelectorAll<HTMLElement>('.window .row')];
  const nameOf = (row: HTMLElement): string => row.querySelector('bdi')?.textContent ?? '';
  return {
    screen,
    tree,
    store,
    scroller,
    rows,
    row: (name) => {
      const found = rows().find((row) => nameOf(row) === name);
      if (!found) throw new Error(`no row of ${name}`);
      return found;
    },
    line: (name) => {
      for (const line of store.view.lines.values()) if (line.account.row.name === name) return line;
      throw new Error(`no line of ${name}`);
    },
    names: () => rows().map(nameOf),
  };
}

/** What the status column says of an account, its second line behind a dot. */
export const statusOf = ({ row }: Shown, name: string): string =>
  ['.status .words', '.more']
    .map((part) => row(name).querySelector(part)?.textContent ?? '')
    .filter(Boolean)
    .join(' · ');

/** Opens accounts by name, one below the other, as far as they are loaded. */
export async function open(shown: Shown, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    shown.store.change((view) => view.open(shown.line(name)));
    await vi.waitFor(() => {
      if (shown.line(name).branch?.state !== 'loaded') throw new Error('still loading');
    });
  }
  await painted();
}

/** The element that has the focus, through all shadow roots. */
export function focused(): Element | null {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}

/** Name of the account whose row (or cell) has the focus. */
export const focusedName = (): string | null => focused()?.closest('.row')?.querySelector('bdi')?.textContent ?? null;

/** The element inside the deepest shadow root that a selector finds. */
export function deep(root: ParentNode, selector: string): HTMLElement {
  const found = deepAll(root, selector)[0];
  if (!found) throw new Error(`no ${selector}`);
  return found;
}

export function deepAll(root: ParentNode, selector: string): HTMLElement[] {
  const here = [...root.querySelectorAll<HTMLElement>(selector)];
  const below = [...root.querySelectorAll<HTMLElement>('*')].flatMap((el) =>
    el.shadowRoot ? deepAll(el.shadowRoot, selector) : [],
  );
  return [...here, ...below];
}

/** What assistive technology reads of the rows, checked against the store. */
export function readRows({ store, rows }: Shown): { readonly index: number; readonly line: Line }[] {
  const { visible } = store.view;
  return rows().map((row) => {
    const index = Number(row.getAttribute('aria-rowindex')) - 2;
    const line = visible.at(index);
    if (!line) throw new Error(`row ${index} shows nothing that is there`);
    return { index, line };
  });
}

export const idsOf = (source: MemorySource): AccountId[] => source.ids().slice(1);

/** Waits for everything that fades or slides in to have arrived; what moves for ever doesn't count. */
export async function still(): Promise<void> {
  await painted();
  const roots = [document, ...deepAll(document, '*').flatMap((el) => el.shadowRoot ?? [])];
  const running = roots
    .flatMap((root) => root.getAnimations())
    .filter((one) => one.effect?.getComputedTiming().iterations === 1);
  await Promise.allSettled(running.map(({ finished }) => finished));
}
