import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { defineElements, SamSubaccounts } from '../src/index.ts';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, focused, painted, type Shown, show, stage, still } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const rowOf = (shown: Shown, name: string) => shown.line(name).account.row;

async function openCreate(shown: Shown): Promise<HTMLElement> {
  deep(shown.screen.renderRoot, '.create').click();
  return vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] #name'));
}

describe('somebody in a hurry', () => {
  it('double-clicks what one message offers, and nothing happens to the message that moves into its place', async () => {
    const source = mockTree();
    const shown = await show(source);
    const { screen } = shown;
    await screen.renameAccount(rowOf(shown, 'Borealis Motors'), 'Borealis Cars');
    await screen.perform('close', rowOf(shown, 'Évora Turismo'));
    await vi.waitFor(() => expect(focused()?.id).toBe('confirm'));
    await userEvent.keyboard('évora turismo{Enter}');
    const reopen = await vi.waitFor(() => {
      const found = deepAll(screen.renderRoot, '.act').find((act) => act.textContent === 'Reopen');
      if (!found) throw new Error('no message yet');
      return found;
    });
    await still();
    const { left, top, width, height } = reopen.getBoundingClientRect();
    const click = (detail: number): void => {
      const under = deep(screen.renderRoot, '.toasts').getRootNode();
      if (!(under instanceof ShadowRoot)) throw new Error('no messages');
      const at = under.elementFromPoint(left + width / 2, top + height / 2);
      at?.dispatchEvent(new MouseEvent('click', { detail, bubbles: true, composed: true }));
    };
    click(1);
    await painted();
    click(2);
    await vi.waitFor(() => expect(source.entry(source.idOf('Évora Turismo')).row.status).toBe('active'));
    expect(source.entry(source.idOf('Borealis Cars')).row.name).toBe('Borealis Cars');
    expect(deepAll(screen.renderRoot, '.act').map((act) => act.textContent)).toEqual(['Undo']);
  });

  it.each([1200, 700, 450, 330])('hits an arrow wherever it is pointed at, %i pixels wide', async (width) => {
    const shown = await show(mockTree(), { width });
    const toggle = shown.row('Acme Group').querySelector('.toggle');
    const { left, right, top, bottom } = toggle?.getBoundingClientRect() ?? new DOMRect();
    const root = shown.tree.shadowRoot;
    for (const y of [top + 2, (top + bottom) / 2, bottom - 2])
      expect(root?.elementFromPoint((left + right) / 2, y)?.closest('.toggle')).toBe(toggle);
  });

  it('types into the search before there is anything to search', async () => {
    const source = mockTree();
    const gate = Promise.withResolvers<void>();
    const list = source.list.bind(source);
    vi.spyOn(source, 'list').mockImplementation(async (...wish) => {
      await gate.promise;
      return list(...wish);
    });
    defineElements();
    const screen = Object.assign(new SamSubaccounts(), { source, account: source.root.row.id });
    stage().append(screen);
    await screen.updateComplete;
    screen.focusSearch();
    await userEvent.keyboard('northgate');
    gate.resolve();
    await vi.waitFor(() => expect(screen.session?.store?.sought?.query).toBe('northgate'));
    expect(focused()).toMatchObject({ value: 'northgate' });
  });

  it('double-clicks the button that opens a dialog, and types', async () => {
    const shown = await show(mockTree());
    const field = await openCreate(shown);
    const dialog = deep(shown.screen.renderRoot, 'dialog[open]');
    // What stands beside a dialog is the dialog itself to the browser; a press there would move the focus.
    expect(dialog.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }))).toBe(false);
    expect(field.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }))).toBe(true);
    expect(focused()).toBe(field);
    await userEvent.keyboard('{Escape}');
  });

  it('opens the next dialog in the moment in which the one before goes', async () => {
    const shown = await show(mockTree());
    await openCreate(shown);
    const before = deep(shown.screen.renderRoot, 'dialog[open]');
    deep(before, 'footer [type="button"]').click();
    // Without a task in between: the browser says only in a later one that a dialog was closed.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    deep(shown.screen.renderRoot, '.create').click();
    await vi.waitFor(() => expect(deep(shown.screen.renderRoot, 'dialog[open]')).not.toBe(before));
  });

  it('double-clicks where the button of the dialog then stands, and does not do what it asks about', async () => {
    const source = mockTree();
    const shown = await show(source);
    await shown.screen.perform('suspend', rowOf(shown, 'Borealis Motors'));
    const submit = await vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] [type="submit"]'));
    const click = (detail: number) =>
      submit.dispatchEvent(new MouseEvent('click', { detail, bubbles: true, cancelable: true }));
    click(2);
    await painted();
    expect(source.calls.filter(({ method }) => method === 'suspend')).toEqual([]);
    click(1);
    await vi.waitFor(() => expect(rowOf(shown, 'Borealis Motors').status).toBe('suspended'));
  });

  it('finds the name again that was typed when the page was taken away', async () => {
    const source = mockTree();
    await openCreate(await show(source));
    await userEvent.keyboard('Almost finished');
    document.body.replaceChildren();
    const again = await show(source);
    expect(await openCreate(again)).toMatchObject({ value: 'Almost finished' });
    await userEvent.keyboard('{Escape}');
    await painted();
    expect(await openCreate(again)).toMatchObject({ value: '' });
  });

  it('finds it also where another parent was chosen, and after a dialog about another account', async () => {
    const source = mockTree();
    const createIn = async (shown: Shown, name: string): Promise<HTMLElement> => {
      await shown.screen.perform('create', rowOf(shown, name));
      return vi.waitFor(() => deep(shown.screen.renderRoot, 'dialog[open] #name'));
    };
    const shown = await show(source);
    await createIn(shown, 'Acme Group');
    await userEvent.keyboard('Almost finished');
    await userEvent.selectOptions(deep(shown.screen.renderRoot, 'dialog[open] select'), source.root.row.id);
    document.body.replaceChildren();
    const again = await show(source);
    expect(await createIn(again, 'Cedar Retail')).toMatchObject({ value: '' });
    await userEvent.keyboard('{Escape}');
    await painted();
    expect(await createIn(again, 'Acme Group')).toMatchObject({ value: 'Almost finished' });
    expect(deep(again.screen.renderRoot, 'dialog[open] select')).toMatchObject({ selectedIndex: 0 });
  });
});
