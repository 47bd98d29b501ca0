/** An element that is a dialog: it opens itself and says when it is over. */
type DialogElement = HTMLElement & { open(): void };

/** Opens dialogs, one at a time. */
export class Dialogs {
  readonly #place: () => ParentNode & Node;
  #busy = false;

  /** @param place where dialogs are put: inside what has the colours of the screen */
  constructor(place: () => ParentNode & Node) {
    this.#place = place;
  }

  /** Opens a dialog and waits until it is closed. Back and Forward take it along: it would be about what is no longer behind it. */
  async open(dialog: DialogElement): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const over = new AbortController();
    try {
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
