import type { AccountRow } from '@tenantree/domain';
import type { AccountSource, SourceRefusal } from '../data/account-source.ts';
import type { ScreenView } from '../data/screen-view.ts';
import type { Texts } from '../strings/texts.ts';
import type { SamTree } from '../tree/sam-tree.ts';
import type { HostAct } from './bulk-acts.ts';
import type { Allowed } from './features.ts';
import type { TreeSession } from './tree-session.ts';

/** What those who work for the screen of subaccounts need of it; its events leave from here. */
export type ListHost = EventTarget & {
  readonly source: AccountSource | null;
  readonly session: TreeSession | null;
  readonly texts: Texts;
  readonly view: ScreenView;
  /** What can be done here. */
  readonly allowed: ReadonlySet<Allowed>;
  /** What pages of the host do with all that is selected. */
  readonly hostActs: readonly HostAct[];
  /** The only account that is selected. */
  readonly onlySelected: AccountRow | null;
  density: 'comfortable' | 'compact';
  /** The table, once there is one. */
  readonly tree: SamTree | null;
  readonly renderRoot: ParentNode & Node;
  /** Takes style sheets of what stands there from now on. */
  readonly shadowRoot: ShadowRoot | null;
  requestUpdate(): void;
  /** Starts with the account from the beginning. */
  restart(): void;
  focusSearch(): void;
  /** Tells the page what failed. */
  report(refusal: SourceRefusal): void;
};
