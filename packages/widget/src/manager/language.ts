/** The language of the place where an element stands: its own or the next `lang` above it, through shadow roots; the reader's otherwise. */
export function languageAt(element: Element): string {
  for (let at: Element | null = element; at !== null; ) {
    const marked: Element | null = at.closest('[lang]');
    const lang = marked?.getAttribute('lang') ?? '';
    if (lang !== '') return lang;
    const root = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return navigator.language || 'en';
}
