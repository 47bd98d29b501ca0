import type { AccountRow } from '@tenantree/domain';

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
  | 'openBranch'
  | 'search'
  | 'pause'
  | 'leave';

/** What an entry of a row's menu does. */
export type RowChoice = TreeAction | 'open' | 'switch';

/** Where an account is to be opened. */
export type Place = 'here' | 'newTab';

/** `sam-open`: an account is to be shown in detail. Cancelable. */
export type OpenDetail = { readonly account: AccountRow; readonly place: Place };
/** `sam-switch`: an account is to become the acting one. Cancelable. */
export type SwitchDetail = { readonly account: AccountRow; readonly place: Place };
/** `sam-action`: something else is to be done; with an account when it is about one. Cancelable. */
export type ActionDetail = { readonly action: TreeAction; readonly account: AccountRow | null };
/** `sam-rename`: a name was typed into a row. */
export type RenameDetail = { readonly account: AccountRow; readonly name: string };
/** `sam-density`: rows are to be of another height; a host that keeps it gives it back. */
export type DensityDetail = { readonly density: 'comfortable' | 'compact' };

/**
 * Sends an intent outward, through shadow roots.
 *
 * @returns whether nobody prevented what follows by itself
 */
export function emit<Detail>(from: EventTarget, type: string, detail: Detail): boolean {
  return from.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
}
