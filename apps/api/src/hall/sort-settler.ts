import type { AccountId } from '@tenantree/domain';

/** Brings the order of children by minutes up to what was counted. */
export type SortSettler = {
  /** Usage of these trees was counted and is committed. */
  counted(roots: readonly AccountId[]): void;
  /** Brings up what was counted by now, and nothing after. */
  close(): Promise<void>;
};

type Options = {
  /** Resolves with the trees that are to be tried again. */
  readonly settle: (roots: readonly AccountId[]) => Promise<readonly AccountId[]>;
  readonly onError: (error: unknown) => void;
};

/** Rows stand in the order of a second ago at most, and bringing that up takes some of it. */
const EVERY_MS = 900;

/**
 * Brings sort rows up to date together for all that was counted in such a time, and not with each count: an account that is busy is written
 * once. What fails is tried again with the next count of its tree, or by the job that looks at all of them.
 */
export function createSortSettler({ settle, onError }: Options): SortSettler {
  const behind = new Set<AccountId>();
  let settling: Promise<void> = Promise.resolve();

  const counted = (roots: readonly AccountId[]): void => {
    for (const root of roots) behind.add(root);
  };
  const settleAll = async (): Promise<void> => {
    const roots = [...behind];
    behind.clear();
    if (roots.length > 0) counted(await settle(roots));
  };
  const next = (): Promise<void> => (settling = settling.then(settleAll).catch(onError));

  const timer = setInterval(() => void next(), EVERY_MS);
  timer.unref();

  return {
    counted,
    close: async () => {
      clearInterval(timer);
      await next();
    },
  };
}
