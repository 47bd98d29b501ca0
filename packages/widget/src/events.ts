import type { AccountRow, RowId } from '@tenantree/domain';
import type { AccountTab } from './account/tabs.ts';
import type { ActivityFilter } from './activity/activity-source.ts';
import type { ScreenView } from './data/screen-view.ts';
import type { ProductPlace } from './products/product-place.ts';
import type { KindKey } from './products/products-source.ts';

/** What can be asked for from a row, its menu or its keys, beside opening and switching. */
export type TreeAction =
  | 'create'
  | 'rename'
  | 'move'
  | 'protect'
  | 'unprotect'
  | 'suspend'
  | 'reactivate'
  | 'close'
  | 'reopen'
  | 'copyId'
  | 'permissions'
  | 'import'
  | 'openBranch'
  | 'only'
  | 'search'
  | 'pause'
  | 'leave';

/** What an entry of a row's menu does. */
export type RowChoice = TreeAction | 'open' | 'switch';

/** Where an account is to be opened. */
export type Place = 'here' | 'newTab';

/** An account is to be shown in detail. */
export type OpenDetail = { readonly account: AccountRow; readonly place: Place; readonly tab?: AccountTab };
/** An account is to become the acting one. */
export type SwitchDetail = { readonly account: AccountRow; readonly place: Place };
/** Something else is to be done; with an account when it is about one. */
export type ActionDetail = { readonly action: TreeAction; readonly account: AccountRow | null };
/** A name was typed into a row. */
export type RenameDetail = { readonly account: AccountRow; readonly name: string };
/** Rows are to be of another height; a host that keeps it gives it back. */
export type DensityDetail = { readonly density: 'comfortable' | 'compact' };
/** Something was refused or failed. */
export type ErrorDetail = { readonly code: string; readonly message: string; readonly retryable: boolean };

/** What our elements tell of, outward through shadow roots, with what each event says. */
export type SamEvents = {
  /** Cancelable. */
  readonly 'sam-open': OpenDetail;
  /** Cancelable. */
  readonly 'sam-switch': SwitchDetail;
  /** Cancelable. Between our own elements. */
  readonly 'sam-action': ActionDetail;
  /** Between our own elements. */
  readonly 'sam-rename': RenameDetail;
  /** A column is to be so wide, in CSS pixels. Between our own elements. */
  readonly 'sam-width': { readonly column: string; readonly width: number };
  /** The accounts that are selected. Between our own elements. */
  readonly 'sam-select': { readonly accounts: readonly AccountRow['id'][] };
  /** A part that is loaded later could not be loaded. Between our own elements. */
  readonly 'sam-missing': Readonly<Record<string, never>>;
  /** How the subaccounts are looked at now. */
  readonly 'sam-view': ScreenView;
  readonly 'sam-density': DensityDetail;
  /** The first rows of an account are there. */
  readonly 'sam-ready': { readonly account: AccountRow | null };
  /** Something was changed in an account. */
  readonly 'sam-change': { readonly account: AccountRow };
  readonly 'sam-error': ErrorDetail;
  readonly 'sam-session-expired': Readonly<Record<string, never>>;
  /** The detail of an account is to be closed. Between our own elements. */
  readonly 'sam-close': Readonly<Record<string, never>>;
  /** Another tab of an account is wanted. Cancelable. Between our own elements. */
  readonly 'sam-tab': { readonly tab: AccountTab };
  /** Another account is wanted in the place of the one that is shown. Between our own elements. */
  readonly 'sam-show': {
    readonly account: AccountRow['id'];
    readonly tab: AccountTab;
    /** Of its products, which. */
    readonly product?: { readonly kind: KindKey; readonly id: RowId };
  };
  /** What is chosen and not saved is other than before. Between our own elements. */
  readonly 'sam-draft': Readonly<Record<string, never>>;
  /** Other entries of a log are wanted. Cancelable. Between our own elements. */
  readonly 'sam-filter': ActivityFilter;
  /** Other products are wanted, or another part of one. Cancelable. Between our own elements. */
  readonly 'sam-place': { readonly place: ProductPlace; readonly how: 'push' | 'replace' };
};

declare global {
  interface GlobalEventHandlersEventMap {
    'sam-open': CustomEvent<OpenDetail>;
    'sam-switch': CustomEvent<SwitchDetail>;
    'sam-action': CustomEvent<ActionDetail>;
    'sam-rename': CustomEvent<RenameDetail>;
    'sam-width': CustomEvent<SamEvents['sam-width']>;
    'sam-select': CustomEvent<SamEvents['sam-select']>;
    'sam-missing': CustomEvent<SamEvents['sam-missing']>;
    'sam-view': CustomEvent<ScreenView>;
    'sam-density': CustomEvent<DensityDetail>;
    'sam-ready': CustomEvent<SamEvents['sam-ready']>;
    'sam-change': CustomEvent<SamEvents['sam-change']>;
    'sam-error': CustomEvent<ErrorDetail>;
    'sam-session-expired': CustomEvent<SamEvents['sam-session-expired']>;
    'sam-close': CustomEvent<SamEvents['sam-close']>;
    'sam-tab': CustomEvent<SamEvents['sam-tab']>;
    'sam-show': CustomEvent<SamEvents['sam-show']>;
    'sam-draft': CustomEvent<SamEvents['sam-draft']>;
    'sam-filter': CustomEvent<ActivityFilter>;
    'sam-place': CustomEvent<SamEvents['sam-place']>;
  }
}

/**
 * Sends an event outward, through shadow roots.
 *
 * @returns whether nobody prevented what follows by itself
 */
export function emit<Type extends keyof SamEvents>(from: EventTarget, type: Type, detail: SamEvents[Type]): boolean {
  return from.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
}
