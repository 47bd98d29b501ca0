import type { Account, AccountLine, Line } from './lines.ts';

/** Why the tree changed: somebody wanted it, or it happened elsewhere. Then what is looked at must not move. */
export type ChangeCause = 'asked' | 'live';

/** Who paints the tree. */
export type TreeListener = {
  /** Lines came, went, moved, or show something else now. */
  readonly changed: (cause: ChangeCause) => void;
  /** An account's minutes changed, nothing else. */
  readonly ticked: (account: Account) => void;
  /** The line with the focus vanished; `store.view.visible.current` took its place. */
  readonly displaced?: (from: Line) => void;
  /** A line that was asked for is there, and current. */
  readonly revealed?: (line: AccountLine) => void;
};
