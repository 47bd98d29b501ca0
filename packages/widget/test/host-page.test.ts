import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import '../src/manager/entry.ts';
import { SubaccountManager } from '../src/manager/subaccount-manager.ts';
import { contrast, type Rgb } from '../src/tokens/contrast.ts';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, painted, stage } from './stage.ts';
import { serve, type Wire } from './wire.ts';

const API = 'https://accounts.example';
const stops: (() => void)[] = [];
afterEach(() => {
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
  for (const stop of stops.splice(0)) stop();
});

type Managed = { readonly manager: SubaccountManager; readonly root: ShadowRoot; readonly wire: Wire };

/** Puts a manager into a place of an empty page and waits for its rows. */
async function manageIn(
  place: (frame: HTMLElement) => HTMLElement,
  prepare: (manager: SubaccountManager) => void = () => undefined,
  options: Parameters<typeof stage>[0] = { width: 900 },
): Promise<Managed> {
  const source = mockTree();
  const wire = serve(API, source);
  stops.push(wire.stop);
  const manager = new SubaccountManager();
  Object.assign(manager, { api: API, account: source.root.row.id, getToken: async () => 'tt_embed_1' });
  prepare(manager);
  place(stage(options)).append(manager);
  await vi.waitFor(() => expect(rowsIn(manager).length).toBeGreaterThan(3));
  return { manager, root: manager.shadowRoot!, wire };
}

const rowsIn = (manager: Element): HTMLElement[] => deepAll(manager.shadowRoot!, '.window .row[data-kind="account"]');
const inFrame = (frame: HTMLElement): HTMLElement => frame;
const rgbOf = (color: string): Rgb => {
  const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
};

describe('boolean attributes', () => {
  it.each([
    ['', true],
    ['true', true],
    ['read-only', true],
    ['false', false],
    [null, false],
  ])('read-only=%j means %s, as frameworks write it', async (text, isReadOnly) => {
    const { manager, root } = await manageIn(inFrame, (one) => {
      if (text !== null) one.setAttribute('read-only', text);
    });
    expect(manager.readOnly).toBe(isReadOnly);
    expect(deepAll(root, '.create').length).toBe(isReadOnly ? 0 : 1);
  });
});

describe('the looks of the host', () => {
  it('reach dialogs, menus and messages: the brand', async () => {
    const { root } = await manageIn(inFrame, (one) => one.setAttribute('brand', '#ffd400'));
    const accentOf = (el: Element): string => getComputedStyle(el).getPropertyValue('--sam-accent');
    await vi.waitFor(() => expect(accentOf(deep(root, '.create'))).toContain('#ffd400'));
    deep(root, '.create').click();
    const submit = await vi.waitFor(() => deep(root, 'dialog[open] [type="submit"]'));
    expect(getComputedStyle(submit).backgroundColor).toBe('rgb(255, 212, 0)');
    expect(getComputedStyle(submit).color).toBe('rgb(0, 0, 0)');
    for (const layer of ['dialog', 'sam-menu', 'sam-toast']) expect(accentOf(deep(root, layer))).toContain('#ffd400');
    await userEvent.keyboard('{Escape}');
  });

  it.each([
    ['dark', 'light'],
    ['light', 'dark'],
  ] as const)('theme %s in a page that is %s is legible everywhere, dialogs included', async (theme, page) => {
    const { manager, root } = await manageIn(
      inFrame,
      (one) => {
        one.setAttribute('theme', theme);
        const footer = document.createElement('p');
        footer.slot = 'footer';
        footer.textContent = 'Your own words';
        one.append(footer);
      },
      { width: 900, theme: page },
    );
    deep(root, '.create').click();
    const title = await vi.waitFor(() => deep(root, 'dialog[open] h2'));
    await painted();
    const groundOf = (el: Element): string => {
      for (
        let at: Node | null = el;
        at;
        at = at instanceof ShadowRoot ? at.host : (at instanceof Element && at.assignedSlot) || at.parentNode
      ) {
        const ground = at instanceof Element ? getComputedStyle(at).backgroundColor : '';
        if (ground !== '' && ground !== 'rgba(0, 0, 0, 0)') return ground;
      }
      return 'white';
    };
    const texts = [
      deep(root, 'h1'),
      deep(root, '.count'),
      title,
      ...deepAll(root, '.label, .head .cell button, dialog label'),
    ];
    for (const el of [...texts, manager.querySelector('p')!])
      expect(contrast(rgbOf(getComputedStyle(el).color), rgbOf(groundOf(el))), el.textContent ?? '').toBeGreaterThan(
        4.4,
      );
    await userEvent.keyboard('{Escape}');
  });

  it('give theme also under a page that resets everything', async () => {
    const hostile = new CSSStyleSheet();
    hostile.replaceSync('* { all: unset }');
    const { root } = await manageIn(inFrame, (one) => one.setAttribute('theme', 'dark'));
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, hostile];
    expect(getComputedStyle(deep(root, '.root')).colorScheme).toBe('dark');
  });
});

describe('the width', () => {
  const styled =
    (css: string) =>
    (frame: HTMLElement): HTMLElement => {
      const place = document.createElement('div');
      place.style.cssText = css;
      frame.append(place);
      return place;
    };
  const inDialog = (frame: HTMLElement): HTMLElement => {
    const dialog = document.createElement('dialog');
    frame.append(dialog);
    dialog.showModal();
    return dialog;
  };
  const inFlex = (frame: HTMLElement): HTMLElement => {
    frame.style.display = 'flex';
    return frame;
  };

  it.each([
    ['a flex item', inFlex],
    ['a flex column that doesn’t stretch', styled('display: flex; flex-direction: column; align-items: flex-start')],
    ['a float', styled('float: left')],
    ['fit-content', styled('inline-size: fit-content')],
    ['an inline block', styled('display: inline-block')],
    ['a modal dialog', inDialog],
    [
      'a grid column that fits its content',
      styled('display: grid; grid-template-columns: auto 1fr; justify-content: start'),
    ],
  ])('is that of its columns in %s', async (_, place) => {
    const { manager } = await manageIn(place);
    expect(manager.getBoundingClientRect().width).toBeGreaterThan(700);
    expect(deep(manager.shadowRoot!, '.head').checkVisibility()).toBe(true);
  });

  it('is never more than a narrow page has', async () => {
    const { manager } = await manageIn(
      (frame) => {
        frame.style.display = 'flex';
        const wrapper = document.createElement('div');
        frame.append(wrapper);
        return wrapper;
      },
      () => undefined,
      { width: 380 },
    );
    expect(manager.getBoundingClientRect().width).toBeLessThanOrEqual(380);
  });
});

describe('a page written from right to left', () => {
  it.each(['rtl', 'ltr'] as const)('keeps the beginning of every name that is too long, written %s', async (dir) => {
    const source = mockTree();
    const names = [
      'A very long Latin name of a customer that will not fit',
      'شركة طويلة الاسم جدا لا يتسع لها المكان في الجدول أبدا',
    ];
    names.forEach((name, k) => source.patch(source.ids()[k + 1]!, { name }));
    source.patch(source.idOf('Borealis Motors'), { name: names[0]! });
    source.patch(source.idOf('Cedar Retail'), { name: names[1]! });
    const wire = serve(API, source);
    stops.push(wire.stop);
    const manager = new SubaccountManager();
    Object.assign(manager, { api: API, account: source.root.row.id, getToken: async () => 'tt_embed_1' });
    stage({ width: 380, dir }).append(manager);
    await vi.waitFor(() => expect(rowsIn(manager).length).toBeGreaterThan(3));
    for (const name of names) {
      const bdi = deepAll(manager.shadowRoot!, '.label bdi').find(({ textContent }) => textContent === name)!;
      const first = document.createRange();
      first.setStart(bdi.firstChild!, 0);
      first.setEnd(bdi.firstChild!, 1);
      const [letter, box] = [first.getBoundingClientRect(), bdi.getBoundingClientRect()];
      expect(bdi.scrollWidth, 'it is too long').toBeGreaterThan(bdi.clientWidth);
      expect(letter.left, name).toBeGreaterThanOrEqual(box.left - 1);
      expect(letter.right, name).toBeLessThanOrEqual(box.right + 1);
    }
  });
});

describe('keys', () => {
  it('that are typed in the element are not the page’s hotkeys, shortcuts with a modifier are', async () => {
    const heard: string[] = [];
    const hear = (event: KeyboardEvent): void => void heard.push(`${event.type} ${event.key}`);
    for (const type of ['keydown', 'keyup', 'keypress'] as const) {
      document.addEventListener(type, hear);
      stops.push(() => document.removeEventListener(type, hear));
    }
    const { root, manager } = await manageIn(inFrame, (one) => {
      const field = document.createElement('input');
      field.slot = 'header';
      one.append(field);
    });
    deep(root, '.search input').focus();
    await userEvent.keyboard('gj?{Escape}');
    await vi.waitFor(() => expect(rowsIn(manager).length).toBeGreaterThan(3));
    rowsIn(manager)[0]?.focus();
    await userEvent.keyboard('x{ArrowDown}k');
    deep(root, '.views').focus();
    await userEvent.keyboard('j');
    expect(heard).toEqual([]);
    await userEvent.keyboard('{Control>}k{/Control}');
    expect(heard).toContain('keydown k');
    heard.length = 0;
    manager.querySelector('input')?.focus();
    await userEvent.keyboard('h');
    expect(heard).toContain('keydown h');
  });
});

describe('the live badge', () => {
  it('says nothing of live once the session has ended', async () => {
    const { manager, root, wire } = await manageIn(inFrame);
    wire.refuse('UNAUTHORIZED');
    manager.refresh();
    await vi.waitFor(() => expect(deep(root, '.note').textContent).toContain('Session ended'));
    await painted();
    expect(deep(root, '.live').textContent).toMatch(/^\s*Offline since/);
    wire.refuse(null);
    deep(root, '.note button').click();
    await vi.waitFor(() => expect(deep(root, '.live').textContent).not.toContain('Offline since'));
  });
});
