import type { AccountId } from '../ids.ts';

/** The way down to an account: its root first, the account itself last. Its depth is the length minus one. */
export type AccountPath = readonly AccountId[];

/** Depth of the account at the end of a path; 0 for a root. */
export const depthOf = (path: AccountPath): number => path.length - 1;

/** Whether the account at the end of a path is the given one or stands below it. */
export const isWithin = (path: AccountPath, ancestor: AccountId): boolean => path.includes(ancestor);

/** The path of a descendant after the subtree it is in moved: the part above the moved account replaced by the new parent's path. */
export const movedPath = (path: AccountPath, moved: AccountId, parentPath: AccountPath): AccountPath => [
  ...parentPath,
  ...path.slice(path.indexOf(moved)),
];
