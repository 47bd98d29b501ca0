/** The language of the place where an element stands: its own or the next `lang` above it, through shadow roots; the reader's otherwise. */
export function languageAt(element: Element): string {
  const marked = element.closest('[lang]')?.getAttribute('lang');
  if (marked) return marked;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? languageAt(root.host) : navigator.language;
}
