import { NO_ANSWER } from '@tenantree/client';
import type { AccountRow } from '@tenantree/domain';
import { SourceRefusal } from '../data/account-source.ts';
import { fetched, LatePart } from '../parts/late-part.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import { type ActionDetail, isTreeAction, type RenameDetail } from '../tree/tree-events.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import type { SamSubaccounts } from './sam-subaccounts.ts';
import { isSameView, type ScreenView } from './screen-view.ts';
import type { ScreenWork } from './screen-work.ts';
import type { Toolbar } from './subaccounts-toolbar.ts';
import type { ViewChoice } from './view-menu.ts';

/** How long rows stand before it is loaded what one can do with them, in milliseconds: whoever acts later needs no server for that. */
const AHEAD_MS = 500;

/** What happens when the subaccounts screen is used. What only few visits need is loaded when somebody turns to the screen. */
export class SubaccountsCommands {
  readonly #screen: SamSubaccounts;
  readonly #work: LatePart<ScreenWork>;
  /** What is in the search field. */
  query = '';

  constructor(screen: SamSubaccounts) {
    this.#screen = screen;
    this.#work = new LatePart(async () => {
      const { ScreenWork } = await fetched(() => import('./screen-work.ts'));
      return new ScreenWork(screen, (choice) => this.#look(choice));
    });
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
    pause: () => this.#look({ updates: this.#store?.paused ? 'running' : 'paused' }),
    filter: (event) => this.#openMenu(event, 'filter'),
    view: (event) => this.#openMenu(event, 'view'),
    create: () => this.#create(null),
  };

  /** Loads what is needed as soon as somebody clicks. */
  readonly prepare = (): void => this.#work.prepare();

  /** Loads that, and what the table does when it is used, before anybody comes near; returns how to let it be. */
  ahead(): () => void {
    const timer = setTimeout(() => {
      this.prepare();
      import('../tree/tree-work.ts').catch(() => undefined);
    }, AHEAD_MS);
    return () => clearTimeout(timer);
  }

  /** Does an entry of an account's menu that a host shows elsewhere. */
  async perform(id: string, account: AccountRow): Promise<void> {
    await this.work();
    if (isTreeAction(id)) this.#act(id, account);
  }

  readonly menuOf = async (row: AccountRow): Promise<readonly MenuItem[]> => (await this.work()).accounts.menuOf(row);

  /** Shortcuts that belong to the screen, not to the table. */
  readonly press = (event: KeyboardEvent): void => {
    const { key, target } = event;
    if (event.defaultPrevented) return;
    if (key === 'F6') this.#do(({ accounts }) => accounts.toastsFocus());
    // In the table they are the table's, in a field letters.
    else if (!(target instanceof HTMLElement && target.matches('h1, button')) || event.ctrlKey || event.metaKey) return;
    else if (key === '/') this.#screen.focusSearch();
    else if (key === 'c') this.#create(null);
    else return;
    event.preventDefault();
  };

  /** Something is wanted from a row; a host may prevent it and do it itself. */
  readonly act = (event: CustomEvent<ActionDetail>): void => {
    const { action, account } = event.detail;
    queueMicrotask(() => {
      if (!event.defaultPrevented) this.#act(action, account);
    });
  };

  readonly rename = ({ detail }: CustomEvent<RenameDetail>): void =>
    this.#do(({ accounts }) => void accounts.rename(detail));

  /** Says that a part of the page could not be loaded: where the server answers it is a newer one, and has other parts. */
  readonly missing = (event?: Event): void => {
    event?.stopPropagation();
    const { session, source, texts } = this.#screen;
    const isNewer = source?.state.get().kind === 'live';
    session?.report(new SourceRefusal(isNewer ? { code: 'INTERNAL', message: texts.say('versionText') } : NO_ANSWER));
  };

  /** What is loaded for those who do something; where it can't be had, the screen says so. */
  async work(): Promise<ScreenWork> {
    try {
      const work = await this.#work.load();
      work.prepare();
      return work;
    } catch (cause) {
      this.missing();
      throw cause;
    }
  }

  search(query: string): void {
    this.query = query;
    this.#screen.session?.search(query.trim());
    this.#screen.requestUpdate();
  }

  /** Shows the subaccounts as a host wants them looked at. */
  show(wanted: ScreenView, shown: ScreenView): void {
    if (!isSameView({ ...wanted, query: '' }, { ...shown, query: '' })) this.#look(wanted);
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

  #do(act: (work: ScreenWork) => void): void {
    this.work().then(act, () => undefined);
  }

  #openMenu({ currentTarget: opener }: Event, what: 'filter' | 'view'): void {
    if (opener instanceof HTMLElement) this.#do((work) => void work.openMenu(opener, what));
  }

  #act(action: ActionDetail['action'], account: AccountRow | null): void {
    if (action === 'search') this.#screen.focusSearch();
    else if (action === 'pause') this.toolbar.pause();
    else if (action === 'leave') this.#leaveOneLayer();
    else if (action === 'create') this.#create(account);
    else if (account) this.#do(({ accounts }) => accounts.act(action, account));
  }

  #create(account: AccountRow | null): void {
    if (this.#screen.allowed.has('create')) this.#do(({ accounts }) => accounts.create(account));
  }

  #pressInSearch(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.query !== '') {
      this.search('');
      event.stopPropagation();
    } else if (event.key === 'ArrowDown' || event.key === 'Enter') this.#screen.tree?.focus();
    else return;
    event.preventDefault();
  }

  /** Looks at the subaccounts in another way. */
  #look({ order, status, density, updates }: Partial<ViewChoice>): void {
    const store = this.#store;
    if (density) this.#screen.density = density;
    if (order) store?.sortBy(order);
    if (status) store?.filterBy(status);
    if (updates) store?.pause(updates);
    this.#screen.tree?.requestUpdate();
    this.#screen.requestUpdate();
  }

  #leaveOneLayer(): void {
    if (this.#store?.query !== null) this.search('');
    else this.leave();
  }
}
