import { define } from '../define.ts';
import { SamMenu } from '../parts/sam-menu.ts';
import { SamToast } from '../parts/sam-toast.ts';
import { enWork } from '../strings/en-work.ts';
import { AccountWork } from './account-work.ts';
import type { SamSubaccounts } from './sam-subaccounts.ts';
import { chosen, statusItems, type ViewChoice, viewItems } from './view-menu.ts';

/** Narrower than this, the view menu also has what the toolbar has no room for. The style sheet has the same bound. */
const NARROW_PX = 760;

/** What is done on the screen of subaccounts. Loaded when somebody turns to the screen. */
export class ScreenWork {
  readonly #screen: SamSubaccounts;
  /** What can be done with single accounts. */
  readonly accounts: AccountWork;
  readonly #look: (choice: Partial<ViewChoice>) => void;
  #opened: 'filter' | 'view' = 'view';

  /** @param look looks at the subaccounts in another way */
  constructor(screen: SamSubaccounts, look: (choice: Partial<ViewChoice>) => void) {
    define('sam-menu', SamMenu);
    define('sam-toast', SamToast);
    this.#screen = screen;
    this.#look = look;
    this.accounts = new AccountWork(screen);
  }

  /** Texts of menus and dialogs, for a language that has none of its own. */
  prepare(): void {
    this.#screen.texts.complete(enWork);
  }

  /** Opens one of the toolbar's menus. */
  async openMenu(opener: HTMLElement, what: 'filter' | 'view'): Promise<void> {
    const menu = this.#screen.renderRoot.querySelector<SamMenu>('.view-menu');
    if (!menu) return;
    this.#opened = what;
    menu.addEventListener('sam-choose', this.#choose);
    menu.items = this.#items();
    await menu.openAt(opener, opener);
  }

  readonly #choose = (event: Event): void => {
    const { target: menu } = event;
    if (!(menu instanceof SamMenu) || !(event instanceof CustomEvent)) return;
    this.#look(chosen(event.detail.id, this.#choice()));
    menu.items = this.#items();
  };

  #choice(): ViewChoice {
    const { session, density } = this.#screen;
    const store = session?.store;
    return {
      order: store?.order ?? { sort: 'name', direction: 'asc' },
      status: store?.status ?? [],
      density,
      updates: store?.paused ? 'paused' : 'running',
    };
  }

  #items(): ReturnType<typeof viewItems> {
    const { texts, clientWidth } = this.#screen;
    if (this.#opened === 'filter') return statusItems(this.#choice().status, texts);
    return viewItems(this.#choice(), clientWidth < NARROW_PX ? 'narrow' : 'wide', texts);
  }
}
