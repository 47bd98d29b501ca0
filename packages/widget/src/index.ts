export { type AccountTab, isAccountTab } from './account/tabs.ts';
export * from './data/account-source.ts';
export { clientSource } from './data/client-source.ts';
export { DEFAULT_VIEW, type ScreenView } from './data/screen-view.ts';
export { filtersIn, SORT_KEYS, STATUSES } from './data/view-keys.ts';
export { defineElements } from './elements.ts';
export type {
  ActionDetail,
  DensityDetail,
  OpenDetail,
  Place,
  RenameDetail,
  SwitchDetail,
  TreeAction,
} from './events.ts';
export { hueOf, initialsOf } from './format/initials.ts';
export * as icons from './icons/icons.ts';
export { cardStyles } from './parts/card-styles.ts';
export { controlStyles } from './parts/control-styles.ts';
export { define } from './parts/define.ts';
export { formStyles } from './parts/form-styles.ts';
export type { MenuItem } from './parts/sam-menu.ts';
export { SamToast, type Toast } from './parts/sam-toast.ts';
export { PRODUCT_ROWS } from './products/product-rows.ts';
export { en, type Strings } from './strings/en.ts';
export { loadTexts } from './strings/load-texts.ts';
export { defaultTexts, type Texts, textsOf } from './strings/texts.ts';
export { FEATURES, type Feature } from './subaccounts/features.ts';
export { SamSubaccounts } from './subaccounts/sam-subaccounts.ts';
export { TOKENS } from './tokens/page-tokens.ts';
export type { Account, AccountLine, Line } from './tree/lines.ts';
export type { RowFeatures } from './tree/paint-row.ts';
export { SamTree } from './tree/sam-tree.ts';
export { TreeStore, type Want } from './tree/tree-store.ts';
