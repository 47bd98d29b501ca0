import type { AccountLine, SamSubaccounts } from '@tenantree/widget';
import { noteExpansion, readExpansion } from './expansion.ts';

/**
 * Opens in a table what a person had open in it before, and remembers from now on what is.
 *
 * @param list has its first rows, or is about to
 * @returns how to stop
 */
export function keepExpansion(list: SamSubaccounts, user: string): () => void {
  const store = list.session?.store;
  if (!store) return () => undefined;
  /** Not seen yet: what these stand below may still be on its way. */
  const sought = new Set(readExpansion(user, store.accountId));
  let noted = [...sought].join();
  let frame = 0;
  let levels = 1;

  /** Lines on screen; none while a search or a single branch is, which open and close lines of their own. */
  function* lines() {
    if (store?.sought !== null || store.entered.length > 0) return;
    const { visible } = store.view;
    for (let at = 0; at < visible.length; at++) {
      const line = visible.at(at);
      if (line) yield line;
    }
  }

  const open = async (): Promise<void> => {
    // How wide the table is, and so how much of it opens in place, is known once it is drawn.
    await list.updateComplete;
    await list.tree?.updateComplete;
    levels = list.tree?.levels ?? 1;
    const found: AccountLine[] = [];
    for (const line of lines())
      if (line.kind === 'account' && line.level < levels - 1 && sought.delete(line.account.id)) found.push(line);
    if (found.length > 0)
      store.change((view) => {
        for (const line of found) view.open(line);
      });
  };

  const note = (): void => {
    cancelAnimationFrame(frame);
    frame = 0;
    const all = [...lines()];
    if (all.length === 0) return;
    // All of it could be opened and has arrived: what was not among it is gone, or out of reach.
    if (levels === Number.POSITIVE_INFINITY && all.every(({ kind }) => kind === 'account')) sought.clear();
    const shown = all.flatMap((line) => (line.kind === 'account' && line.open ? [line.account.id] : []));
    const now = [...shown, ...sought];
    if (now.join() === noted) return;
    noted = now.join();
    noteExpansion(user, store.accountId, now);
  };

  const changed = (): void => {
    if (sought.size > 0) void open();
    frame ||= requestAnimationFrame(note);
  };
  /** What is not noted yet, before nobody can note it any more. */
  const finish = (): void => {
    if (frame !== 0) note();
  };
  // Who opens a branch and reloads at once leaves before there is another frame.
  window.addEventListener('pagehide', finish);
  const stop = store.listen({ changed, ticked: () => undefined });
  return () => {
    stop();
    window.removeEventListener('pagehide', finish);
    finish();
  };
}
