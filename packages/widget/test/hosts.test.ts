import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import '../src/manager/entry.ts';
import { SubaccountManager } from '../src/manager/subaccount-manager.ts';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, focused, painted, stage } from './stage.ts';
import { serve } from './wire.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
  for (const stop of stops.splice(0)) stop();
});

const API = 'https://accounts.example';

type Given = { readonly source?: ReturnType<typeof mockTree>; readonly protocol?: number };

/** Puts a manager into an empty page whose network answers from a tree in memory. */
async function manage(
  { source = mockTree(), protocol = 1 }: Given = {},
  prepare: (manager: SubaccountManager) => void = () => undefined,
) {
  const wire = serve(API, source, { protocol });
  stops.push(wire.stop);
  const frame = stage({ width: 900 });
  const manager = new SubaccountManager();
  manager.api = API;
  manager.account = source.root.row.id;
  manager.getToken = async () => 'tt_embed_1';
  prepare(manager);
  frame.append(manager);
  return { manager, wire, source, frame };
}

const rowsOf = (manager: Element): HTMLElement[] =>
  deepAll(manager.shadowRoot ?? manager, '.window .row[data-kind="account"]');
const loaded = (manager: Element): Promise<void> => vi.waitFor(() => expect(rowsOf(manager).length).toBeGreaterThan(3));

describe('<subaccount-manager> in somebody else’s page', () => {
  it('shows the subaccounts with a token from the page and says when it is ready', async () => {
    const ready: unknown[] = [];
    document.addEventListener(
      'sam-ready',
      (event) => ready.push(event instanceof CustomEvent && event.detail.account?.name),
      { once: true },
    );
    const { manager, wire } = await manage();
    await loaded(manager);
    expect(ready).toEqual(['Acme Holding']);
    expect(new Set(wire.tokens)).toEqual(new Set(['Bearer tt_embed_1']));
  });

  it('keeps its own sizes, colours and layout under hostile style sheets of the page', async () => {
    const hostile = new CSSStyleSheet();
    hostile.replaceSync(
      '* { all: unset; font-size: 40px; line-height: 3; color: red; letter-spacing: 4px; text-transform: uppercase; box-sizing: content-box } html { font-size: 40px }',
    );
    const { manager } = await manage();
    await loaded(manager);
    const row = rowsOf(manager)[0];
    if (!row) throw new Error('no row');
    const before = { height: row.getBoundingClientRect().height, font: getComputedStyle(deep(row, '.label')).fontSize };
    expect(before).toEqual({ height: 40, font: '14px' });
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, hostile];
    await painted();
    expect({
      height: row.getBoundingClientRect().height,
      font: getComputedStyle(deep(row, '.label')).fontSize,
    }).toEqual(before);
    expect(getComputedStyle(manager).display).toBe('block');
    expect(getComputedStyle(deep(row, '.label')).color).not.toBe('rgb(255, 0, 0)');
    expect(getComputedStyle(deep(row, '.label')).letterSpacing).toBe('normal');
    expect(getComputedStyle(deep(row, '.label')).textTransform).toBe('none');
    deep(manager.shadowRoot ?? manager, '.create').click();
    const field = await vi.waitFor(() => deep(manager.shadowRoot ?? manager, 'dialog[open] input'));
    expect(getComputedStyle(field).fontSize).toBe('14px');
  });

  it('lives twice on one page, each with its own account', async () => {
    const first = await manage();
    await loaded(first.manager);
    const source = mockTree();
    const second = new SubaccountManager();
    second.api = API;
    second.account = first.source.idOf('Acme Group');
    second.getToken = async () => 'tt_embed_2';
    first.frame.append(second);
    await loaded(second);
    expect(rowsOf(first.manager)[0]?.textContent).toContain('Acme Group');
    expect(rowsOf(second)[0]?.textContent).toContain('Acme North');
    rowsOf(second)[0]?.focus();
    await userEvent.keyboard('x');
    expect(rowsOf(first.manager).filter((row) => row.getAttribute('aria-selected') === 'true')).toHaveLength(0);
    expect(source.ids().length).toBeGreaterThan(0);
  });

  it('leaves nothing behind when it is put in and taken out a hundred times', async () => {
    const { manager, frame, wire } = await manage();
    await loaded(manager);
    manager.remove();
    const sockets = wire.openSockets();
    for (let k = 0; k < 100; k++) {
      frame.append(manager);
      await manager.updateComplete;
      manager.remove();
    }
    frame.append(manager);
    await loaded(manager);
    expect(deepAll(manager.shadowRoot ?? manager, 'sam-tree')).toHaveLength(1);
    expect(rowsOf(manager).length).toBeLessThan(30);
    manager.remove();
    await vi.waitFor(() => expect(wire.openSockets()).toBeLessThanOrEqual(sockets + 1));
    expect(document.querySelectorAll('body *').length).toBeLessThan(5);
  });

  it('keeps properties that were set before it was defined, and upgrades late', async () => {
    const { source } = await manage();
    const late = document.createElement('late-manager');
    Object.assign(late, { api: API, account: source.root.row.id, getToken: async () => 'tt_embed_3' });
    document.querySelector('main')?.append(late);
    customElements.define('late-manager', class extends SubaccountManager {});
    await loaded(late);
  });

  it('takes over language and direction of the place where it stands', async () => {
    const { manager } = await manage({}, (one) => {
      one.lang = 'de';
      one.dir = 'rtl';
    });
    await loaded(manager);
    await vi.waitFor(() => expect(deep(manager.shadowRoot ?? manager, 'h1').textContent).toBe('Unterkonten'));
    const style = getComputedStyle(deep(manager.shadowRoot ?? manager, '.scroller'));
    expect(style.direction).toBe('rtl');
    // what Chromium chooses the shapes of Chinese, Japanese and Korean characters by
    expect(style.getPropertyValue('-webkit-locale')).toBe('"de"');
    expect(rowsOf(manager)[0]?.querySelector('.total')?.textContent).toBe('53.204,2');
  });

  it('makes all accents from one brand colour, legible in both schemes', async () => {
    const { manager } = await manage({}, (one) => {
      one.brand = '#ffd400';
    });
    await loaded(manager);
    const button = deep(manager.shadowRoot ?? manager, '.create');
    await vi.waitFor(() => expect(getComputedStyle(button).backgroundColor).toBe('rgb(255, 212, 0)'));
    expect(getComputedStyle(button).color).toBe('rgb(0, 0, 0)');
  });

  it('has every attribute, property and method that docs/resellers.md names', async () => {
    const page = await (await fetch(new URL('../../../docs/resellers.md', import.meta.url))).text();
    /** Names in the first column of the table with this head. */
    const named = (head: string): string[] => {
      const rows = page.split(new RegExp(`^\\| ${head} .*\n.*\n`, 'm'))[1]?.split('\n\n')[0] ?? '';
      return [...rows.matchAll(/^\| `([\w-]+)/gm)].map(([, name = '']) => name);
    };
    const { observedAttributes, elementProperties, prototype } = SubaccountManager;
    expect(named('attribute').filter((name) => !observedAttributes.includes(name))).toEqual([]);
    expect(named('property').filter((name) => !elementProperties.has(name))).toEqual([]);
    expect(named('method').filter((name) => typeof Reflect.get(prototype, name) !== 'function')).toEqual([]);
    for (const head of ['attribute', 'property', 'method']) expect(named(head).length, head).toBeGreaterThan(3);
  });

  it('offers only what features leave, and nothing that changes when it is read-only', async () => {
    const { manager } = await manage({}, (one) => one.setAttribute('features', 'rename'));
    await loaded(manager);
    const root = manager.shadowRoot ?? manager;
    expect(deepAll(root, '.create')).toHaveLength(0);
    expect(deepAll(root, '.switch button:not([hidden])')).toHaveLength(0);
    manager.readOnly = true;
    await painted();
    deepAll(root, '.actions button')[0]?.click();
    await vi.waitFor(() =>
      expect(deepAll(root, '[role="menuitem"]').map((item) => item.innerText.split('\n')[0])).toEqual([
        'Expand whole branch',
        'Filter to this branch',
        'Copy id',
      ]),
    );
  });

  it('offers only what its token was made for', async () => {
    const source = mockTree();
    source.features = ['usage', 'rename'];
    const { manager } = await manage({ source });
    await loaded(manager);
    const root = manager.shadowRoot ?? manager;
    expect(deepAll(root, '.create')).toHaveLength(0);
    expect(deepAll(root, '.switch button:not([hidden])')).toHaveLength(0);
    deepAll(root, '.actions button')[0]?.click();
    await vi.waitFor(() =>
      expect(deepAll(root, '[role="menuitem"]').map((item) => item.innerText.split('\n')[0])).toEqual([
        'Open',
        'Expand whole branch',
        'Filter to this branch',
        'Rename',
        'Copy id',
      ]),
    );
  });

  it('leaves what the page put into it to be read as long as nobody hands out a token', async () => {
    const { manager } = await manage({}, (one) => {
      one.getToken = null;
      one.append('Your customers appear here.');
    });
    await painted();
    const range = document.createRange();
    range.selectNodeContents(manager);
    expect(range.getBoundingClientRect().height).toBeGreaterThan(0);
    manager.getToken = async () => 'tt_embed_1';
    await loaded(manager);
    expect(range.getBoundingClientRect().height).toBe(0);
  });

  it('goes on when a page hands over another function with every rendering, and asks the last one for its next token', async () => {
    const { manager, wire } = await manage();
    await loaded(manager);
    const root = manager.shadowRoot ?? manager;
    const row = rowsOf(manager)[0];
    // What keeps the list alive comes after its first rows.
    await vi.waitFor(() => expect(wire.openSockets()).toBe(1));
    const ready = vi.fn();
    manager.addEventListener('sam-ready', ready);
    for (const token of ['tt_embed_2', 'tt_embed_3']) {
      manager.getToken = async () => token;
      await painted();
    }
    expect(rowsOf(manager)[0]).toBe(row);
    expect([wire.openSockets(), ready.mock.calls.length]).toEqual([1, 0]);
    expect(new Set(wire.tokens)).toEqual(new Set(['Bearer tt_embed_1']));
    wire.refuse('UNAUTHORIZED');
    manager.refresh();
    await vi.waitFor(() => deep(root, '.note'));
    expect(new Set(wire.tokens)).toEqual(new Set(['Bearer tt_embed_1', 'Bearer tt_embed_3']));
    manager.logout();
    manager.getToken = async () => 'tt_embed_4';
    await painted();
    expect(deep(root, 'h2').textContent).toBe('Signed out');
  });

  it('uses the page’s own header, empty state and footer', async () => {
    const { manager } = await manage({}, (one) => {
      const header = document.createElement('h2');
      header.slot = 'header';
      header.textContent = 'Our customers';
      one.append(header);
    });
    await loaded(manager);
    expect(deepAll(manager.shadowRoot ?? manager, 'h1').filter((h1) => h1.checkVisibility())).toHaveLength(0);
    expect(document.querySelector('h2')?.checkVisibility()).toBe(true);
  });

  it('ends a session visibly: content stays, controls lock, one can reconnect', async () => {
    const { manager, wire } = await manage();
    await loaded(manager);
    const expired = vi.fn();
    manager.addEventListener('sam-session-expired', expired);
    wire.refuse('UNAUTHORIZED');
    manager.refresh();
    const root = manager.shadowRoot ?? manager;
    const note = await vi.waitFor(() => deep(root, '.note'));
    expect(expired).toHaveBeenCalledTimes(1);
    expect(note.textContent).toContain('Session ended');
    expect(rowsOf(manager).length).toBeGreaterThan(3);
    expect(deepAll(root, '.create')).toHaveLength(0);
    wire.refuse(null);
    note.querySelector('button')?.click();
    await vi.waitFor(() => expect(deepAll(root, '.create')).toHaveLength(1));
  });

  it('forgets everything on logout', async () => {
    const { manager } = await manage();
    await loaded(manager);
    manager.logout();
    await painted();
    expect(rowsOf(manager)).toHaveLength(0);
    expect(deep(manager.shadowRoot ?? manager, 'h2').textContent).toBe('Signed out');
  });

  it.each([API, `${API}/`])('says so when the server speaks another protocol, as %s', async (address) => {
    const errors: unknown[] = [];
    document.addEventListener('sam-error', (event) => errors.push(event instanceof CustomEvent && event.detail.code), {
      once: true,
    });
    const { manager } = await manage({ protocol: 2 }, (one) => void (one.api = address));
    await vi.waitFor(() =>
      expect(deep(manager.shadowRoot ?? manager, 'h2').textContent).toBe('This page needs an update'),
    );
    expect(errors).toEqual(['PROTOCOL_MISMATCH']);
  });

  it('works inside a dialog of the page, and its own dialogs open above it', async () => {
    const { manager, frame } = await manage();
    const dialog = document.createElement('dialog');
    frame.append(dialog);
    dialog.append(manager);
    dialog.showModal();
    await loaded(manager);
    deep(manager.shadowRoot ?? manager, '.create').click();
    await vi.waitFor(() => expect(focused()?.id).toBe('name'));
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(deepAll(manager.shadowRoot ?? manager, 'dialog')).toHaveLength(0));
    expect(dialog.open).toBe(true);
  });
});
