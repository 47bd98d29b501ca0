import type { AccountId, AccountRow, AccountStatus, DriftState, Instant, RowId } from '@tenantree/domain';
import type { Strings } from '../strings/en.ts';

/** A text of the element that can be replaced. */
export type TextKey = keyof Strings;

/** What the element can offer. */
export type ManagerFeature = 'create' | 'switch' | 'open' | 'rename' | 'move' | 'suspend' | 'protect' | 'close';

/** How the table is looked at. */
export type ManagerView = {
  /** What is searched for; empty when the tree is shown. */
  readonly query: string;
  readonly order: {
    readonly sort: 'name' | 'members' | 'agents' | 'minutes' | 'created';
    readonly direction: 'asc' | 'desc';
  };
  /** Which accounts are shown, by their own status; never empty. */
  readonly status: readonly AccountStatus[];
  /** `near`: only those that used 80 percent of a maximum of minutes of their own, or more; `full`: all of it. At any depth, as all that follows. */
  readonly limits?: 'near' | 'full' | undefined;
  /** Only those of which own permissions are less than there is, or that nobody reviewed; at any depth. */
  readonly caps?: 'restricted' | 'unrestricted' | 'unreviewed' | 'reviewed' | undefined;
  /** Only those that are billed so. */
  readonly billing?: 'parent' | 'direct' | undefined;
  /** Only those of which a billing transfer is under way, or none is. */
  readonly transfer?: 'in_progress' | 'none' | undefined;
  /** Only those with members in their subtree, or without. */
  readonly members?: 'none' | 'some' | undefined;
  /** Only those with agents in their subtree, or without. */
  readonly agents?: 'none' | 'some' | undefined;
  /** Only those that were made then or later: an ISO 8601 instant. */
  readonly createdFrom?: Instant | undefined;
  /** Only those that were made before. */
  readonly createdBefore?: Instant | undefined;
  /** Only those so many levels below the account. */
  readonly level?: number | undefined;
  /** Only those that were set up by this blueprint; not in embedded screens. */
  readonly blueprint?: RowId | undefined;
  /** And stand so to it. */
  readonly drift?: DriftState | undefined;
  /** Only those below this account. */
  readonly under?: AccountId | undefined;
  /** `flat`: one list of all depths in place of the tree. */
  readonly layout?: 'flat' | undefined;
  /**
   * Columns that are shown, in their order, each with its width in pixels where it has one of its own; the usual ones when left out. `blueprint` is
   * none in embedded screens.
   */
  readonly columns?:
    | readonly {
        readonly column:
          | 'minutes'
          | 'plan'
          | 'status'
          | 'caps'
          | 'members'
          | 'agents'
          | 'path'
          | 'blueprint'
          | 'created'
          | 'id';
        readonly width?: number | undefined;
      }[]
    | undefined;
  /** The view that was chosen, which may have been changed since. */
  readonly saved?: string | undefined;
};

/**
 * The subaccounts of an account, inside somebody else's page. It needs `account` and `getToken`; everything else has a default.
 *
 * What is written here of attributes, properties, methods, events, slots and parts is what `custom-elements.json` and the package's types
 * say, and a test compares it with the element as it runs.
 *
 * @slot - Shown until there is a session, in place of the element.
 * @slot header - Takes the place of the title and the number of subaccounts.
 * @slot empty - Shown where an account has no subaccounts yet.
 * @slot footer - Below the table.
 * @csspart header - Title and number of subaccounts.
 * @csspart card - Toolbar and table together.
 * @csspart toolbar - The row above the table.
 * @csspart search - The search field with its icon.
 * @csspart button - Buttons of the toolbar and of rows.
 * @csspart live - The button that says whether minutes are live.
 * @csspart table - The table.
 * @csspart row - A row of the table.
 * @csspart cell - A cell of a row.
 * @csspart badge - Status and billing plan in a row.
 * @csspart menu - Menus, of a row and of the view.
 * @csspart dialog - Dialogs.
 * @csspart state - What stands in place of rows.
 * @csspart tab - Tabs of an account.
 */
export interface SubaccountManagerElement extends HTMLElement {
  /**
   * Whose subaccounts are shown: an id, or `ext:` and the id that your own system has for it.
   *
   * @attr account
   */
  account: string;
  /**
   * Address of the server, such as `https://accounts.example.com`; that of the script when left out. A page that bundles the package has to
   * say it.
   *
   * @attr api
   */
  api: string;
  /**
   * One colour, as CSS writes it, from which all accents are made; present but empty: from `--sam-accent` of the element.
   *
   * @attr brand
   */
  brand: string | null | undefined;
  /**
   * Height of the rows.
   *
   * @attr density
   */
  density: 'comfortable' | 'compact';
  /**
   * What is offered; everything that the token allows when left out. As an attribute: words with spaces in between.
   *
   * @attr features
   */
  features: readonly ManagerFeature[];
  /**
   * `content`: the table grows with its rows up to `--sam-max-block-size`; `fill`: it takes the height of your container.
   *
   * @attr fit
   */
  fit: 'content' | 'fill';
  /**
   * BCP 47; the language of the page around the element when left out.
   *
   * @attr locale
   */
  locale: string;
  /**
   * Nothing can be changed. As an attribute: present, and not `false`.
   *
   * @attr read-only
   */
  readOnly: boolean;
  /**
   * `light`, `dark` or `system`; the page's scheme when left out.
   *
   * @attr theme
   */
  theme: string;
  /** Hands out a short-lived embed token; called again whenever a new one is needed. The token is kept in memory only. Another function begins no other session. */
  getToken: (() => Promise<string>) | null;
  /** Address of an account's page of yours: names become links. */
  hrefOf: ((id: AccountId) => string) | null;
  /** Id of the account that your page shows beside the table: its row is marked. */
  opened: AccountId | null;
  /** Single texts to replace, by their keys. */
  strings: Readonly<Partial<Record<TextKey, string>>>;
  /** What is searched for, the order, the statuses and filters: what `sam-view` told, to have it again. */
  view: ManagerView;
  /** Ends the session: connections are closed, the token is forgotten, nothing of the account stays on screen. */
  logout(): void;
  /** Begins anew with a new token, for example after `sam-session-expired`. */
  reconnect(): void;
  /** Loads what is shown again; it stays on screen until the answers come. */
  refresh(): void;
  /** Moves the focus to the search field. */
  focusSearch(): void;
  /** Shows an account below in detail: its overview, its members, or what was done in it. */
  open(
    account: AccountId,
    tab?: 'overview' | 'members' | 'permissions' | 'limits' | 'products' | 'billing' | 'activity',
  ): Promise<void>;
}

/** What `<subaccount-manager>` tells its page, with what each event has as its `detail`. */
export interface SubaccountManagerEvents {
  /** The first screen stands. */
  'sam-ready': { readonly account: AccountRow | null };
  /** Somebody opens an account. It is shown in the element; `preventDefault()` leaves it to your page. */
  'sam-open': { readonly account: AccountRow; readonly place: 'here' | 'newTab' };
  /** Somebody switches to an account. `preventDefault()` leaves it to your page. */
  'sam-switch': { readonly account: AccountRow; readonly place: 'here' | 'newTab' };
  /** Something was changed in an account. */
  'sam-change': { readonly account: AccountRow };
  /** The table is looked at in another way now: keep it, and give it back as `view`. */
  'sam-view': ManagerView;
  /** Rows are to be of another height: keep it, and give it back as `density`. */
  'sam-density': { readonly density: 'comfortable' | 'compact' };
  /** Something was refused or failed. */
  'sam-error': { readonly code: string; readonly message: string; readonly retryable: boolean };
  /** A fresh token was refused, too, or `getToken` failed twice in a row for a refused one: sign the person in again. */
  'sam-session-expired': Readonly<Record<string, never>>;
}

/** The same as events. */
export type SubaccountManagerEventMap = {
  [Type in keyof SubaccountManagerEvents]: CustomEvent<SubaccountManagerEvents[Type]>;
};

declare global {
  interface HTMLElementTagNameMap {
    'subaccount-manager': SubaccountManagerElement;
  }
  interface GlobalEventHandlersEventMap extends SubaccountManagerEventMap {}
}
