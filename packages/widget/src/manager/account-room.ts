import { fetched, type Tenantree } from '@tenantree/client';
import type { AccountId } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import type { AccountActing, AccountDetailSource } from '../account/account-source.ts';
import type { AccountTab } from '../account/tabs.ts';
import type { SamEvents } from '../events.ts';
import { define } from '../parts/define.ts';
import type { Texts } from '../strings/texts.ts';

/** What the room takes over from the element that it is in. */
export type Around = {
  readonly texts: Texts;
  /** Does what can be done with an account: the list. */
  readonly acting: AccountActing | null;
  readonly access: 'full' | 'readOnly';
  readonly features: readonly string[];
  /** Names of parts that a page may style. */
  readonly parts: string;
};

const roomStyles = css`
  /* As wide as the list would be where the page asks: what measures itself answers nothing (subaccounts-styles.ts). */
  :host::before { content: '. .'; display: block; block-size: 0; overflow: hidden; visibility: hidden; white-space: normal; word-spacing: 66em; }
  /* In place of the list, which keeps its size and so its scroll position; beside it where there is room. */
  .rooms { container: rooms / inline-size; position: relative; }
  sam-account { z-index: 3; min-block-size: 0; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-canvas); overflow: auto; }
  .open > sam-subaccounts { visibility: hidden; }
  @container rooms (inline-size >= calc(1080em / 14)) {
    .open > sam-subaccounts { visibility: visible; }
    .rooms > sam-account { position: absolute; inset-block: 0; inset-inline-end: 0; inline-size: 480px; min-block-size: min(560px, 85vb); box-shadow: var(--sam-pop); }
  }
`;

/** What an embedded screen is to the members of an account: no person, and above nobody who is made in the reseller's own app. */
const VIEWER = { user: null, role: 'agency_admin' } as const;

const stop = (event: Event): void => event.stopPropagation();

/** The room of single accounts in \`<subaccount-manager>\`. Loaded when the first one is opened. */
export class AccountRoom {
  readonly #shows: (account: AccountId | null) => void;
  readonly #tenantree: Tenantree;
  readonly #accounts: AccountDetailSource['accounts'];
  #source: AccountDetailSource | null = null;
  #shown: AccountId | null = null;
  #tab: AccountTab = 'overview';

  /**
   * @param root takes the style sheet of the room
   * @param shows told when another account is shown, or the same in another way; null: none is
   */
  constructor(
    tenantree: Tenantree,
    accounts: AccountDetailSource['accounts'],
    root: ShadowRoot | null,
    shows: (account: AccountId | null) => void,
  ) {
    if (roomStyles.styleSheet) root?.adoptedStyleSheets.push(roomStyles.styleSheet);
    this.#shows = shows;
    this.#tenantree = tenantree;
    this.#accounts = accounts;
  }

  /** Shows an account. Rejects where the file of single accounts can't be had. */
  async open(account: AccountId, tab: AccountTab): Promise<void> {
    const { SamAccount, accountDetailFrom } = await fetched(() => import('../account/account.ts'), 'SamAccount');
    define('sam-account', SamAccount);
    this.#source ??= accountDetailFrom(this.#tenantree, this.#accounts);
    this.#tab = tab;
    this.#show(account);
  }

  render({ texts, acting, access, features, parts }: Around): TemplateResult | typeof nothing {
    const shown = this.#shown;
    if (shown === null) return nothing;
    return html`<sam-account exportparts=${parts} .source=${this.#source} .account=${shown} .tab=${this.#tab} .texts=${texts} .acting=${acting}
      .viewer=${VIEWER} .features=${{ switch: features.includes('switch') }} .access=${access}
      @sam-close=${this.#close} @sam-tab=${this.#turn} @sam-show=${this.#change} @sam-filter=${stop} @sam-place=${stop}></sam-account>`;
  }

  #show(account: AccountId | null): void {
    this.#shown = account;
    this.#shows(account);
  }

  // What happens between our own elements stays among them.
  readonly #close = (event: Event): void => {
    event.stopPropagation();
    this.#show(null);
  };

  readonly #turn = (event: CustomEvent<{ readonly tab: AccountTab }>): void => {
    event.stopPropagation();
    this.#tab = event.detail.tab;
    this.#shows(this.#shown);
  };

  readonly #change = (event: CustomEvent<SamEvents['sam-show']>): void => {
    event.stopPropagation();
    const { account, tab } = event.detail;
    void this.open(account, tab);
  };
}
