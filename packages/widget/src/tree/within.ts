/** An element that has to be there. */
export function within(root: ParentNode, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (!found) throw new TypeError(selector);
  return found;
}
