import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHECK } from '../icons/icons.ts';
import { controlStyles } from './control-styles.ts';

/** One entry of a menu. */
export type MenuItem<Id extends string = string> = {
  readonly id: Id;
  readonly label: string;
  /** Ticked or not, for entries that are a choice; left out for those that do something. */
  readonly checked?: boolean;
  /** One of a group, or each on its own. */
  readonly choice?: 'one' | 'many';
  readonly tone?: 'danger';
  /** Words above the first entry of a group. */
  readonly heading?: string;
  /** A line above. */
  readonly apart?: boolean;
  readonly key?: string;
  /** Why it can't be chosen. */
  readonly off?: string;
};

const GAP_PX = 4;

/**
 * A menu in the top layer, so that nothing of the host page clips it. Sends `sam-choose` with the id of the entry, not beyond
 * the element that uses it. Entries that are one of many choices leave it open.
 */
export class SamMenu extends LitElement {
  static override properties = { items: { attribute: false }, label: {} };
  static override styles = [
    controlStyles,
    css`
      :host { display: contents !important; }
      .menu { position: fixed; inset: auto; margin: 0; padding: var(--sam-1); min-inline-size: 200px; max-inline-size: min(320px, 94vw); max-block-size: min(480px, 90vh); overflow: auto; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-raised); color: var(--sam-text); box-shadow: var(--sam-pop); font-family: inherit; font-weight: var(--sam-fw); font-size: var(--sam-fs-13); line-height: 1.3; }
      @media (prefers-reduced-motion: no-preference) { .menu:popover-open { animation: open 140ms var(--sam-ease); } }
      @keyframes open { from { opacity: 0; translate: 0 -4px; } }
      .item { all: unset; box-sizing: border-box; display: grid; grid-template-columns: 1fr auto; align-items: center; gap: var(--sam-3); inline-size: 100%; min-block-size: var(--sam-control); padding: 3px var(--sam-2); border-radius: var(--sam-r-1); cursor: pointer; }
      .item.choice { grid-template-columns: 16px 1fr; gap: var(--sam-2); }
      .item:hover, .item:focus { background: var(--sam-hover); } .item:focus-visible { outline: 2px solid var(--sam-focus); outline-offset: -2px; }
      .item[aria-disabled] { color: var(--sam-text-3); cursor: default; } .why { display: block; font-size: var(--sam-fs-12); white-space: normal; }
      .item.danger { color: var(--sam-danger); }
      .apart { block-size: 1px; margin: var(--sam-1) 0; background: var(--sam-border); }
      .heading { padding: var(--sam-2) var(--sam-2) 2px; color: var(--sam-text-3); font-size: var(--sam-fs-12); }
      .key { color: var(--sam-text-3); font: var(--sam-fs-12) var(--sam-font-mono); }
    `,
  ];

  declare items: readonly MenuItem[];
  /** Name of the menu for assistive technology. */
  declare label: string;
  #opener: HTMLElement | null = null;

  constructor() {
    super();
    this.items = [];
    this.label = '';
  }

  /** Opens the menu at an element, and gives the focus back to `opener` when it closes. */
  async openAt(anchor: Element, opener: HTMLElement): Promise<void> {
    this.#opener = opener;
    await this.updateComplete;
    const menu = this.#menu;
    if (menu === null) return;
    menu.showPopover();
    const place = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = menu;
    const rtl = this.matches(':dir(rtl)');
    const left = rtl ? place.left : place.right - width;
    const below = place.bottom + GAP_PX;
    const top = below + height <= innerHeight || place.top < height ? below : place.top - height - GAP_PX;
    menu.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - width - GAP_PX))}px`;
    menu.style.top = `${Math.max(GAP_PX, Math.min(top, innerHeight - height - GAP_PX))}px`;
    this.#entries[0]?.focus();
    // It belongs to what was there when it opened, as dialogs do.
    window.addEventListener('popstate', this.#leave, { once: true });
  }

  close(): void {
    this.#menu?.hidePopover();
  }

  protected override render(): TemplateResult {
    return html`<div class="menu" part="menu" popover="auto" role="menu" aria-label=${this.label} @keydown=${this.#press} @toggle=${this.#toggled}>
      ${this.items.map((item) => this.#item(item))}
    </div>`;
  }

  #item({ id, label, checked, choice, tone, heading, apart, key, off }: MenuItem): TemplateResult {
    const role = choice === 'one' ? 'menuitemradio' : choice === 'many' ? 'menuitemcheckbox' : 'menuitem';
    return html`${apart ? html`<div class="apart" role="separator"></div>` : nothing}
      ${heading ? html`<div class="heading" role="presentation">${heading}</div>` : nothing}
      <button class="item ${tone ?? ''} ${choice ? 'choice' : ''}" type="button" role=${role} tabindex="-1"
        aria-checked=${choice ? String(checked ?? false) : nothing} aria-disabled=${off ? 'true' : nothing} @click=${() => off || this.#choose(id, choice)}>
        ${choice ? html`<span>${checked ? icon(CHECK) : nothing}</span>` : nothing}<span>${label}${off && html`<span class="why">${off}</span>`}</span>${key ? html`<span class="key" aria-hidden="true">${key}</span>` : nothing}
      </button>`;
  }

  get #menu(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.menu');
  }

  get #entries(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('.item')];
  }

  #choose(id: string, choice: MenuItem['choice']): void {
    if (choice === undefined) {
      this.close();
      // Whatever opens next gives the focus back to where it was before the menu.
      this.#opener?.focus({ preventScroll: true });
    }
    this.dispatchEvent(new CustomEvent('sam-choose', { detail: { id } }));
  }

  #press(event: KeyboardEvent): void {
    const entries = this.#entries;
    const at = entries.findIndex((entry) => entry === this.shadowRoot?.activeElement);
    const go = (index: number): void => entries[(index + entries.length) % entries.length]?.focus();
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(entries.length - 1);
    else if (event.key === 'Tab') this.close();
    else if (event.key.length === 1 && event.key !== ' ') {
      const rest = [...entries.slice(at + 1), ...entries.slice(0, at + 1)];
      rest.find((entry) => entry.innerText.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    } else if (event.key !== 'Escape') return;
    event.stopPropagation();
    if (event.key !== 'Tab' && event.key !== 'Escape') event.preventDefault();
  }

  readonly #leave = (): void => this.close();

  #toggled(event: ToggleEvent): void {
    if (event.newState !== 'closed') return;
    window.removeEventListener('popstate', this.#leave);
    const opener = this.#opener;
    this.#opener = null;
    if (
      opener?.isConnected &&
      (this.shadowRoot?.activeElement || this.ownerDocument.activeElement === this.ownerDocument.body)
    )
      opener.focus({ preventScroll: true });
    this.dispatchEvent(new CustomEvent('sam-closed'));
  }
}
