export * from './data/account-source.ts';
export { clientSource } from './data/client-source.ts';
export { SORT_KEYS } from './data/order.ts';
export { defineElements } from './elements.ts';
export { hueOf, initialsOf } from './format/initials.ts';
export type { MenuItem } from './parts/sam-menu.ts';
export { FEATURES, type Feature } from './screens/features.ts';
export { SamSubaccounts } from './screens/sam-subaccounts.ts';
export { DEFAULT_VIEW, type ScreenView } from './screens/screen-view.ts';
export { STATUSES } from './screens/statuses.ts';
export { en, type Strings } from './strings/en.ts';
export { loadTexts } from './strings/load-texts.ts';
export { defaultTexts, type Texts, textsOf } from './strings/texts.ts';
export { TOKENS } from './tokens/tokens.ts';
export type { Account, AccountLine, Line } from './tree/lines.ts';
export type { RowFeatures } from './tree/paint-row.ts';
export { SamTree } from './tree/sam-tree.ts';
export type {
  ActionDetail,
  DensityDetail,
  OpenDetail,
  Place,
  RenameDetail,
  SwitchDetail,
  TreeAction,
} from './tree/tree-events.ts';
export { TreeStore, type Want } from './tree/tree-store.ts';
