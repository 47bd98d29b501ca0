import type { AccountRow } from '@tenantree/domain';
import type { AccountName } from '../data/account-source.ts';
import { define } from '../define.ts';
import { fetched } from '../parts/late-part.ts';
import type { Texts } from '../strings/texts.ts';
import type { DialogContext } from './dialog-context.ts';
import type { ParentChoice } from './sam-create.ts';

const loadCreate = () => fetched(() => import('./sam-create.ts'));
const loadSuspend = () => fetched(() => import('./sam-suspend.ts'));
const loadMove = () => fetched(() => import('./sam-move.ts'));
const loadClose = () => fetched(() => import('./sam-close.ts'));
const loadConfirm = () => fetched(() => import('./sam-confirm.ts'));

/** An element that is a dialog: it opens itself and says when it is over. */
type DialogElement = HTMLElement & { open(): void };

/** Opens dialogs, one at a time. */
export class ScreenDialogs {
  readonly #place: () => ParentNode & Node;
  #busy = false;

  /** @param place where dialogs are put: inside what has the colours of the screen */
  constructor(place: () => ParentNode & Node) {
    this.#place = place;
  }

  /** Loads all of them before one is wanted: by then the server may be away, or have other files. */
  prepare(): void {
    void Promise.allSettled([loadCreate(), loadMove(), loadSuspend(), loadClose(), loadConfirm()]);
  }

  create(context: DialogContext, parent: ParentChoice | null, parents: readonly ParentChoice[]): Promise<void> {
    return this.#open(async () => {
      const { SamCreate } = await loadCreate();
      define('sam-create', SamCreate);
      return Object.assign(new SamCreate(), { context, parent, parents });
    });
  }

  move(context: DialogContext, account: AccountRow, here: AccountName, from: AccountName): Promise<void> {
    return this.#open(async () => {
      const { SamMove } = await loadMove();
      define('sam-move', SamMove);
      return Object.assign(new SamMove(), { context, account, here, from });
    });
  }

  suspend(context: DialogContext, account: AccountRow): Promise<void> {
    return this.#open(async () => {
      const { SamSuspend } = await loadSuspend();
      define('sam-suspend', SamSuspend);
      return Object.assign(new SamSuspend(), { context, account });
    });
  }

  close(context: DialogContext, account: AccountRow, keptDays: number): Promise<void> {
    return this.#open(async () => {
      const { SamClose } = await loadClose();
      define('sam-close', SamClose);
      return Object.assign(new SamClose(), { context, account, keptDays });
    });
  }

  confirm(
    texts: Texts,
    question: { readonly title: string; readonly text: string; readonly submit: string },
    act: () => void,
  ): Promise<void> {
    return this.#open(async () => {
      const { SamConfirm } = await loadConfirm();
      define('sam-confirm', SamConfirm);
      return Object.assign(new SamConfirm(), { texts, question, act });
    });
  }

  /** Opens a dialog and waits until it is closed. Back and Forward take it along: it would be about what is no longer behind it. */
  async #open(make: () => Promise<DialogElement>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const over = new AbortController();
    try {
      const dialog = await make();
      dialog.setAttribute('exportparts', 'dialog, button');
      this.#place().append(dialog);
      await new Promise<void>((resolve) => {
        const { signal } = over;
        dialog.addEventListener('sam-closed', () => resolve(), { signal });
        window.addEventListener('popstate', () => resolve(), { signal });
        dialog.open();
      });
      dialog.remove();
    } finally {
      over.abort();
      this.#busy = false;
    }
  }
}
