/**
 * Registers an element. A name that is taken stays with whoever took it: two bundles on one page are harmless (rules/widget 2).
 */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
