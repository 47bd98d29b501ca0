import { html, nothing, type TemplateResult } from 'lit';

/** Where something leads. */
export type Way = {
  /** Null: to no address. */
  readonly href: string | null;
  act(): void;
};

/** What leads somewhere: a link where that has an address. Opened elsewhere, it is the browser's business. */
export function wayTo(
  { href, act }: Way,
  words: unknown,
  look: string,
  { label, current = false }: { readonly label?: string | undefined; readonly current?: boolean } = {},
): TemplateResult {
  const go = (event: MouseEvent): void => {
    if (href !== null && (event.metaKey || event.ctrlKey || event.shiftKey)) return;
    event.preventDefault();
    act();
  };
  const name = label ?? nothing;
  const here = current ? 'page' : nothing;
  return href === null
    ? html`<button class=${look} type="button" aria-label=${name} aria-current=${here} @click=${go}>${words}</button>`
    : html`<a class=${look} href=${href} aria-label=${name} aria-current=${here} @click=${go}>${words}</a>`;
}
