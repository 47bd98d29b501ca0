import type { AccountRow } from '@tenantree/domain';
import type { RowChoice } from '../events.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import type { Texts } from '../strings/texts.ts';
import type { RowFeatures } from './paint-row.ts';
import type { TreeStore } from './tree-store.ts';

/** What those who act in a table need of the element that it stands in; its events leave from here. */
export type TreeHost = EventTarget & {
  readonly store: TreeStore | null;
  readonly texts: Texts;
  readonly features: RowFeatures;
  /** Entries of an account's menu. */
  readonly menuOf: (account: AccountRow) => readonly MenuItem<RowChoice>[] | Promise<readonly MenuItem<RowChoice>[]>;
  /** Has the elements of the table. */
  readonly renderRoot: ParentNode;
  /** Takes style sheets of what stands there from now on. */
  readonly shadowRoot: ShadowRoot | null;
  matches(selector: string): boolean;
  requestUpdate(): void;
};
