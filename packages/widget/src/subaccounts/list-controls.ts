import { fetched } from '@tenantree/client';
import type { AccountRow } from '@tenantree/domain';
import { refusalFrom } from '../data/account-source.ts';
import { DEFAULT_VIEW, type Filters, type ScreenView } from '../data/screen-view.ts';
import { filtersIn, isSameView } from '../data/view-keys.ts';
import { emit, type TreeAction } from '../events.ts';
import { define } from '../parts/define.ts';
import { formStyles } from '../parts/form-styles.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { SamMenu } from '../parts/sam-menu.ts';
import { SamToast } from '../parts/sam-toast.ts';
import { pause } from '../tree/held-frames.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { AccountActions } from './account-actions.ts';
import { AccountSearch } from './account-search.ts';
import { ListBars } from './bars.ts';
import type { BulkAct, HostAct } from './bulk-acts.ts';
import { listInUseStyles } from './in-use-styles.ts';
import type { ListHost } from './list-host.ts';
import { ListLooks } from './list-looks.ts';
import { ListStates } from './list-states.ts';
import { withNested } from './nested-rows.ts';
import { OfferedBlueprints } from './offered-blueprints.ts';
import { subaccountsTexts } from './subaccounts-texts.ts';
import { chosen, filterItems, type ViewChoice, viewItems } from './view-menu.ts';

/** How often an order is looked at while numbers change, in milliseconds. */
const ORDER_CHECK_MS = 500;
/** What happens when the screen of subaccounts is used. Loaded when somebody turns to it. */
export class ListControls {
  readonly #screen: ListHost;
  readonly search: AccountSearch;
  /** What can be done with single accounts. */
  readonly accounts: AccountActions;
  /** What stands on the screen once it was used. */
  readonly bars: ListBars;
  /** Views, columns, tree or list. */
  readonly looks: ListLooks;
  /** What stands in place of rows. */
  readonly states: ListStates;
  readonly #blueprints: OfferedBlueprints;
  #opened: 'filter' | 'view' = 'view';
  #orderCheck: ReturnType<typeof setTimeout> | undefined;

  constructor(screen: ListHost) {
    define('sam-menu', SamMenu);
    define('sam-toast', SamToast);
    this.#screen = screen;
    this.search = new AccountSearch(screen, ({ message }) => this.accounts.tell(message));
    this.accounts = new AccountActions(screen, this.search);
    this.#blueprints = new OfferedBlueprints(screen);
    this.bars = new ListBars(screen, this.#blueprints, {
      clearSearch: () => this.search.find(''),
      clear: () => this.search.clear(),
      clearSelection: () => this.#clearSelection(),
      keepTo: (filters) => this.search.keepTo(filters),
      sortAgain: () => this.#sortAgain(),
      leave: () => this.#leave(),
      selectShown: () => this.#selectShown(),
      turnNested: () => {
        this.bars.isNested = !this.bars.isNested;
        screen.requestUpdate();
      },
      bulk: (act) => void this.#bulk(act),
    });
    this.looks = new ListLooks(screen, {
      show: (view, density) => this.#show(view, density),
      turn: (layout) => this.search.keepTo({ layout }),
      openDialog: (dialog) => this.accounts.openDialog(dialog),
    });
    this.states = new ListStates(screen);
    screen.addEventListener('sam-width', (event) => {
      event.stopPropagation();
      if (event instanceof CustomEvent) this.looks.widen(event.detail.column, event.detail.width);
    });
    this.completeTexts();
    for (const { styleSheet } of [formStyles, listInUseStyles])
      if (styleSheet) screen.shadowRoot?.adoptedStyleSheets.push(styleSheet);
    // What the table does when it is used is wanted as soon as this is.
    screen.tree?.prepare();
  }

  /** Adds the texts of menus and dialogs, for a language that has none of its own. */
  completeTexts(): void {
    this.#screen.texts.complete({ ...partsTexts, ...subaccountsTexts });
  }

  /** A button of the screen is clicked, or something is typed or pressed in the search field. */
  use(used: EventTarget | null, event: Event): void {
    if (used instanceof HTMLButtonElement) this.#click(used);
    else if (event instanceof KeyboardEvent) this.#pressInSearch(event);
    else if (used instanceof HTMLInputElement) this.search.find(used.value);
  }

  /** Does what is wanted from a row, or from the table's keys. */
  act(action: TreeAction, account: AccountRow | null): void {
    if (action === 'search') this.#screen.focusSearch();
    else if (action === 'pause') this.#pause();
    else if (action === 'leave') this.#leaveOneLayer();
    else if (action === 'create') this.create(account);
    else if (action === 'only' && account) this.search.keepTo({ under: account.id });
    else if (account) this.accounts.act(action, account);
  }

  /** Does an entry of an account's menu. */
  perform(id: string, account: AccountRow): void {
    const choice = this.accounts.menuOf(account).find((item) => item.id === id)?.id;
    if (choice && choice !== 'open' && choice !== 'switch') this.act(choice, account);
  }

  /** Asks for a new account below one; where none is named, see {@link AccountActions.create}. */
  create(account: AccountRow | null): void {
    if (this.#screen.allowed.has('create')) this.accounts.create(account);
  }

  /** Shows the subaccounts as the host wants them looked at; a host that only gives back what it was told changes nothing. */
  follow(): void {
    const { session, view } = this.#screen;
    if (!session || isSameView(view, session.view)) return;
    if (!session.store) {
      this.#screen.restart();
      return;
    }
    const { order, status, query } = view;
    const before = session.view;
    session.view = view;
    session.filters = filtersIn(view);
    this.looks.take(view);
    if (
      !isSameView({ ...DEFAULT_VIEW, order, status }, { ...DEFAULT_VIEW, order: before.order, status: before.status })
    )
      this.#look({ order, status });
    this.search.find(query);
  }

  /** Tells the host how one looks at the subaccounts, once they are shown so. */
  tellView(): void {
    const { session } = this.#screen;
    this.looks.dress();
    if (!session?.store || this.search.busy) return;
    const { order, status } = session.store;
    const { columns, saved } = this.looks.look;
    const own = { ...(columns && { columns }), ...(saved && { saved }) };
    const view = { query: session.query.trim(), order, status, ...filtersIn(session.filters), ...own };
    if (isSameView(view, session.view)) return;
    session.view = view;
    emit(this.#screen, 'sam-view', view);
  }

  /** Numbers changed: says before long whether the order still is right. */
  checkOrder(): void {
    if (this.#orderCheck !== undefined) return;
    this.#orderCheck = setTimeout(() => {
      this.#orderCheck = undefined;
      if (this.bars.isOutOfOrder !== this.#store?.view.isOutOfOrder()) this.#screen.requestUpdate();
    }, ORDER_CHECK_MS);
  }

  get #store(): TreeStore | null {
    return this.#screen.session?.store ?? null;
  }

  #click(button: HTMLButtonElement): void {
    const { name } = button;
    if (name === 'filter' || name === 'view') void this.#openMenu(button, name);
    else if (name === 'pause') this.#pause();
    else if (name === 'create') this.create(null);
    else if (name === 'clear') this.search.clear();
  }

  #pressInSearch(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.#screen.session?.query) {
      this.search.find('');
      event.stopPropagation();
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') this.#screen.tree?.focus();
    else return;
    event.preventDefault();
  }

  #clearSelection(): void {
    const { tree } = this.#screen;
    this.#store?.selection.clear();
    tree?.requestUpdate();
    tree?.focus();
    this.#screen.requestUpdate();
  }

  #selectShown(): void {
    const store = this.#store;
    const { visible } = store?.view ?? {};
    for (let k = 0; k < (visible?.length ?? 0); k += 1) {
      const line = visible?.at(k);
      if (line?.kind === 'account') store?.selection.add(line.account.id);
    }
    this.#screen.tree?.requestUpdate();
    this.#screen.requestUpdate();
  }

  /** Does something with all that is selected. */
  async #bulk(act: BulkAct | HostAct): Promise<void> {
    const { source, session } = this.#screen;
    const store = this.#store;
    const account = session?.row ?? session?.detail;
    if (!source || !store || !account) return;
    const chosen = [...store.selection].flatMap((id) => store.account(id)?.row ?? []);
    try {
      const isNested = this.bars.isNested && ('go' in act || act.nested === 'as wished');
      const rows = isNested ? await withNested(source, chosen) : chosen;
      if ('go' in act) act.go(rows);
      else await this.accounts.openDialog(await act.start({ source, account, rows }));
    } catch (error) {
      session?.report(refusalFrom(error));
    }
  }

  #sortAgain(): void {
    const store = this.#store;
    if (store) store.sortBy(store.order);
  }

  #pause(): void {
    this.#look({ updates: this.#store?.paused ? 'running' : 'paused' });
  }

  /** Goes back to where a branch was entered from. */
  #leave(): void {
    this.#store?.leave();
    this.#screen.tree?.focus();
  }

  #leaveOneLayer(): void {
    if (this.#store?.sought === null) this.#leave();
    else if (this.#screen.session?.query) this.search.find('');
    else this.search.clear();
  }

  /** Opens one of the toolbar's menus. */
  async #openMenu(opener: HTMLElement, what: 'filter' | 'view'): Promise<void> {
    const menu = this.#screen.renderRoot.querySelector<SamMenu>('.view-menu');
    if (!menu) return;
    this.#opened = what;
    menu.addEventListener('sam-choose', this.#choose);
    menu.items = this.#items();
    menu.label = this.#screen.texts.say(what === 'filter' ? 'filterLabel' : 'viewLabel');
    await menu.openAt(opener, opener);
  }

  readonly #choose = (event: Event): void => {
    const { target: menu } = event;
    if (!(menu instanceof SamMenu) || !(event instanceof CustomEvent)) return;
    const id: string = event.detail.id;
    if (id === 'more') {
      void this.#keepTo();
      return;
    }
    const choice = chosen(id, this.#choice());
    this.#look(choice);
    if (choice.density) emit(this.#screen, 'sam-density', { density: choice.density });
    menu.items = this.#items();
  };

  /** Looks at the subaccounts in another way. */
  #look(choice: Partial<ViewChoice>): void {
    const { order, status, density, updates, filters } = choice;
    const store = this.#store;
    if (density) this.#screen.density = density;
    if (order) store?.sortBy(order);
    if (status) {
      store?.filterBy(status);
      // What was found was found by its status, too.
      if (store?.sought) this.search.keepTo({});
    }
    if (filters) this.search.keepTo(filters);
    if (store && updates) pause(store, updates);
    this.#screen.tree?.requestUpdate();
    this.#screen.requestUpdate();
  }

  /** Shows a view as it was kept, whatever was searched for. */
  #show(view: ScreenView, density: 'comfortable' | 'compact' | null): void {
    const { order, status } = view;
    const store = this.#store;
    this.looks.take(view);
    if (store && (store.order.sort !== order.sort || store.order.direction !== order.direction)) store.sortBy(order);
    if (store && store.status.join() !== status.join()) store.filterBy(status);
    if (density && density !== this.#screen.density) {
      this.#screen.density = density;
      emit(this.#screen, 'sam-density', { density });
    }
    this.search.keepOnlyTo(filtersIn(view));
    this.#screen.tree?.requestUpdate();
  }

  /** Asks for filters that take more than a tick. */
  async #keepTo(): Promise<void> {
    const { session } = this.#screen;
    const { SamKeepTo } = await fetched(() => import('./looks-dialogs.ts'), 'SamKeepTo');
    define('sam-keep-to', SamKeepTo);
    const blueprints = await this.#blueprints.list();
    const levels = session?.detail?.levelsBelow ?? 0;
    const keepTo = (filters: Filters): void => this.search.keepTo(filters);
    await this.accounts.openDialog(
      Object.assign(new SamKeepTo(), { filters: session?.filters ?? {}, levels, blueprints, keepTo }),
    );
  }

  #choice(): ViewChoice {
    const { density } = this.#screen;
    const store = this.#store;
    return {
      order: store?.order ?? { sort: 'name', direction: 'asc' },
      status: store?.status ?? [],
      filters: this.#screen.session?.filters ?? {},
      density,
      updates: store?.paused ? 'paused' : 'running',
    };
  }

  #items(): ReturnType<typeof viewItems> {
    const { texts, renderRoot, session } = this.#screen;
    const { seesPermissions } = this.accounts;
    const seesUsage = session?.detail?.levels['billing.usage'] !== 'none';
    const hasFilter = renderRoot.querySelector('.filter')?.checkVisibility();
    const items =
      this.#opened === 'filter'
        ? filterItems(this.#choice(), texts)
        : viewItems(this.#choice(), hasFilter ? 'wide' : 'narrow', texts);
    // What one may not see one can't ask for.
    return items.filter(
      ({ id }) => (seesPermissions || !id.startsWith('caps')) && (seesUsage || !/^limits|^activity|minutes$/.test(id)),
    );
  }
}
