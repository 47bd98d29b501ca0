import type { AccountRow } from '@tenantree/domain';
import { define } from '../define.ts';
import type { MenuItem, SamMenu } from '../parts/sam-menu.ts';
import { type ActionDetail, isTreeAction, type RenameDetail } from '../tree/tree-events.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import type { AccountWork } from './account-work.ts';
import type { SamSubaccounts } from './sam-subaccounts.ts';
import { isSameView, type ScreenView } from './screen-view.ts';
import type { Toolbar } from './subaccounts-toolbar.ts';
import type { ViewChoice } from './view-menu.ts';

/** Narrower than this, the view menu also has what the toolbar has no room for. The style sheet has the same bound. */
const NARROW_PX = 760;

/** What happens when the subaccounts screen is used. What only few visits need is loaded when somebody turns to the screen. */
export class SubaccountsCommands {
  readonly #screen: SamSubaccounts;
  #work: Promise<AccountWork> | null = null;
  #menuOpener = '';
  /** What is in the search field. */
  query = '';

  constructor(screen: SamSubaccounts) {
    this.#screen = screen;
  }

  readonly toolbar: Toolbar['on'] = {
    search: (query) => this.search(query),
    searchKey: (event) => this.#pressInSearch(event),
    clearSelection: () => {
      this.#store?.selection.clear();
      this.#screen.tree?.requestUpdate();
      this.#screen.tree?.focus();
      this.#screen.requestUpdate();
    },
    sortAgain: () => {
      const store = this.#store;
      if (store) store.sortBy(store.order);
      this.#screen.requestUpdate();
    },
    pause: () => this.#choose({ updates: this.#store?.paused ? 'running' : 'paused' }),
    filter: (event) => void this.#openMenu(event, 'filter'),
    view: (event) => void this.#openMenu(event, 'view'),
    create: () => void this.#create(null),
  };

  /** Loads what is needed as soon as somebody clicks. */
  readonly prepare = (): Promise<AccountWork> => {
    this.#work ??= this.#load();
    return this.#work.then((work) => {
      work.prepare();
      return work;
    });
  };

  /** Does an entry of an account's menu that a host shows elsewhere. */
  async perform(id: string, account: AccountRow): Promise<void> {
    await this.prepare();
    if (isTreeAction(id)) this.#act(id, account);
  }

  readonly menuOf = async (row: AccountRow): Promise<readonly MenuItem[]> => (await this.prepare()).menuOf(row);

  /** Shortcuts that belong to the screen, not to the table. */
  readonly press = (event: KeyboardEvent): void => {
    if (event.key !== 'F6' || event.defaultPrevented) return;
    event.preventDefault();
    void this.prepare().then((work) => work.toastsFocus());
  };

  /** Something is wanted from a row; a host may prevent it and do it itself. */
  readonly act = (event: CustomEvent<ActionDetail>): void => {
    const { action, account } = event.detail;
    queueMicrotask(() => {
      if (!event.defaultPrevented) this.#act(action, account);
    });
  };

  readonly rename = async (event: CustomEvent<RenameDetail>): Promise<void> => {
    const { detail } = event;
    await (await this.prepare()).rename(detail);
  };

  readonly choose = async (event: CustomEvent<{ readonly id: string }>): Promise<void> => {
    const { id } = event.detail;
    const { chosen } = await import('./view-menu.ts');
    this.#choose(chosen(id, this.#choice()));
    const menu = this.#menu;
    if (menu) menu.items = await this.#items();
  };

  search(query: string): void {
    this.query = query;
    this.#screen.session?.search(query.trim());
    this.#screen.requestUpdate();
  }

  /** Shows the subaccounts as a host wants them looked at. */
  show(wanted: ScreenView, shown: ScreenView): void {
    if (!isSameView({ ...wanted, query: '' }, { ...shown, query: '' })) this.#choose(wanted);
    if (wanted.query !== shown.query) this.search(wanted.query);
  }

  /** Goes back to where a branch was entered from. */
  leave(): void {
    this.#store?.leave();
    this.#screen.tree?.focus();
  }

  get #store(): TreeStore | null {
    return this.#screen.session?.store ?? null;
  }

  get #menu(): SamMenu | null {
    return this.#screen.renderRoot.querySelector<SamMenu>('.view-menu');
  }

  async #load(): Promise<AccountWork> {
    const parts = [
      import('./account-work.ts'),
      import('../parts/sam-menu.ts'),
      import('../tree/name-editor.ts'),
    ] as const;
    const [{ AccountWork }] = await Promise.all(parts);
    return new AccountWork(this.#screen);
  }

  #act(action: ActionDetail['action'], account: AccountRow | null): void {
    if (action === 'search') this.#screen.focusSearch();
    else if (action === 'pause') this.toolbar.pause();
    else if (action === 'leave') this.#leaveOneLayer();
    else if (action === 'create') void this.#create(account);
    else if (account) void this.prepare().then((work) => work.act(action, account));
  }

  async #create(account: AccountRow | null): Promise<void> {
    if (this.#screen.allowed.has('create')) (await this.prepare()).create(account);
  }

  #pressInSearch(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.query !== '') {
      this.search('');
      event.stopPropagation();
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') this.#screen.tree?.focus();
    else return;
    event.preventDefault();
  }

  #leaveOneLayer(): void {
    if (this.#store?.query !== null) this.search('');
    else this.leave();
  }

  #choice(): ViewChoice {
    const store = this.#store;
    return {
      order: store?.order ?? { sort: 'name', direction: 'asc' },
      status: store?.status ?? [],
      density: this.#screen.density,
      updates: store?.paused ? 'paused' : 'running',
    };
  }

  #choose({ order, status, density, updates }: Partial<ViewChoice>): void {
    const store = this.#store;
    if (density) this.#screen.density = density;
    if (order) store?.sortBy(order);
    if (status) store?.filterBy(status);
    if (updates) store?.pause(updates);
    this.#screen.tree?.requestUpdate();
    this.#screen.requestUpdate();
  }

  async #items(): Promise<readonly MenuItem[]> {
    const { statusItems, viewItems } = await import('./view-menu.ts');
    const { texts, clientWidth } = this.#screen;
    if (this.#menuOpener === 'filter') return statusItems(this.#choice().status, texts);
    return viewItems(this.#choice(), clientWidth < NARROW_PX ? 'narrow' : 'wide', texts);
  }

  async #openMenu({ currentTarget }: Event, what: 'filter' | 'view'): Promise<void> {
    const menu = this.#menu;
    if (!menu || !(currentTarget instanceof HTMLElement)) return;
    this.#menuOpener = what;
    const [items, { SamMenu }] = await Promise.all([this.#items(), import('../parts/sam-menu.ts'), this.prepare()]);
    define('sam-menu', SamMenu);
    menu.items = items;
    await menu.openAt(currentTarget, currentTarget);
  }
}
