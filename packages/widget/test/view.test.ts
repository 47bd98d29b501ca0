import { afterEach, describe, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { DEFAULT_VIEW, SamSubaccounts, type ScreenView, SourceRefusal } from '../src/index.ts';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, painted, type Shown, show } from './stage.ts';

afterEach(() => document.body.replaceChildren());

const MINUTES = { sort: 'minutes', direction: 'desc' } as const;

/** The views that a screen told its host of. */
function told({ screen }: Shown): ScreenView[] {
  const views: ScreenView[] = [];
  screen.addEventListener('sam-view', (event) => {
    if (event instanceof CustomEvent) views.push(event.detail);
  });
  return views;
}

describe('the view of the subaccounts', () => {
  it('is the host’s when the screen appears: search, order and statuses', async () => {
    const source = mockTree();
    const shown = await show(source, {}, (screen) => {
      screen.view = { query: 'acme s', order: MINUTES, status: ['active', 'closed'] };
    });
    await vi.waitFor(() => expect(shown.names()).toEqual(['Acme Group', 'Acme South']));
    expect(shown.screen.renderRoot.querySelector('input')?.value).toBe('acme s');
    expect(source.calls.find(({ method }) => method === 'list')?.args[1]).toMatchObject({
      ...MINUTES,
      status: ['active', 'closed'],
    });
  });

  it('says which statuses are shown only where they are not the usual ones', async () => {
    const shown = await show(mockTree(), {}, (screen) => {
      screen.view = { ...DEFAULT_VIEW, status: [...DEFAULT_VIEW.status] };
    });
    const button = () => shown.screen.renderRoot.querySelector('.filter')?.getAttribute('aria-label');
    expect(button()).toBe('Filter');
    shown.screen.view = { ...DEFAULT_VIEW, status: ['active'] };
    await vi.waitFor(() => expect(button()).toBe('Filter: Active'));
  });

  it('has no table before it ever stood in a document', () => {
    expect(new SamSubaccounts().tree).toBeNull();
  });

  it('is told when it is another one, and not before it is shown', async () => {
    const source = mockTree();
    const shown = await show(source);
    const views = told(shown);
    source.hold();
    shown.screen.focusSearch();
    await userEvent.keyboard('dental');
    await painted();
    expect(views).toEqual([]);
    source.release();
    await vi.waitFor(() => expect(views).toEqual([{ ...DEFAULT_VIEW, query: 'dental' }]));
    await userEvent.keyboard('{Escape}');
    await vi.waitFor(() => expect(views.at(-1)).toEqual(DEFAULT_VIEW));
    shown.store.sortBy(MINUTES);
    shown.screen.requestUpdate();
    await vi.waitFor(() => expect(views.at(-1)).toEqual({ ...DEFAULT_VIEW, order: MINUTES }));
    expect(views).toHaveLength(3);
  });

  it('follows the host afterwards, and says nothing new about what the host said', async () => {
    const shown = await show(mockTree());
    const views = told(shown);
    shown.screen.view = { ...DEFAULT_VIEW, query: 'dental' };
    await vi.waitFor(() => expect(shown.names()).toContain('Northgate Dental'));
    shown.screen.view = { ...DEFAULT_VIEW, order: MINUTES };
    await vi.waitFor(() => expect(shown.names()[0]).toBe('Acme Group'));
    expect(shown.store.order).toEqual(MINUTES);
    shown.screen.view = { ...DEFAULT_VIEW };
    await vi.waitFor(() => expect(shown.store.order).toEqual(DEFAULT_VIEW.order));
    await shown.screen.updateComplete;
    expect(views).toEqual([]);
  });

  it('keeps what was searched for when the search fails', async () => {
    const source = mockTree();
    source.failNext('search', new SourceRefusal({ code: 'UNAVAILABLE', message: 'No answer.', retryable: true }));
    const shown = await show(source);
    const views = told(shown);
    shown.screen.focusSearch();
    await userEvent.keyboard('d');
    await vi.waitFor(() => expect(views).toEqual([{ ...DEFAULT_VIEW, query: 'd' }]));
  });

  it('says on the button which statuses are shown, unless they are the usual ones', async () => {
    const shown = await show(mockTree());
    const { renderRoot } = shown.screen;
    const button = deep(renderRoot, '.filter');
    const closed = (): HTMLElement => {
      const found = deepAll(renderRoot, '.view-menu').flatMap((menu) => deepAll(menu.shadowRoot ?? menu, '.item'))[2];
      if (!found) throw new Error('no menu');
      return found;
    };
    button.click();
    (await vi.waitFor(closed)).click();
    await vi.waitFor(() => expect(button.innerText).toBe('Filter: Active, Suspended, Closed'));
    expect(button.getAttribute('aria-label')).toContain('Active, Suspended, Closed');
    closed().click();
    await vi.waitFor(() => expect(button.innerText).toBe('Filter'));
  });
});
