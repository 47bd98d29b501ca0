/** What this device remembers under a name; null where it is nothing, or may not be asked. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Has this device remember a text. Where there is no room, or storage is switched off, it doesn't: nothing here is worth failing for. */
export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // what was remembered before stays
  }
}

/** A list that this device remembers, of items that `read` makes sense of; older versions of the app may have written others. */
export function recallList<Item>(name: string, read: (item: unknown) => Item | null): Item[] {
  try {
    const stored: unknown = JSON.parse(recall(name) ?? '[]');
    return Array.isArray(stored) ? stored.map(read).filter((item) => item !== null) : [];
  } catch {
    return [];
  }
}
