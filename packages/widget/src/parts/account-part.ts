import { html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { AccountDetail, SourceRefusal } from '../data/account-source.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { absent } from './absent.ts';

/** A part of an account, which asks a port of its own: what a page sets of it, and what stands there until there is an answer. */
export class AccountPart<Source> extends LitElement {
  static override properties: PropertyDeclarations = {
    source: { attribute: false },
    account: { attribute: false },
    texts: { attribute: false },
    access: {},
    level: { type: Number },
    failure: { state: true },
  };

  declare source: Source | null;
  /** Whose it is; another one starts anew. */
  declare account: AccountDetail | null;
  declare texts: Texts;
  /** `readOnly`: nothing is offered that changes anything, whatever the levels allow. */
  declare access: 'full' | 'readOnly';
  /** Level of its titles, 1 to 6. */
  declare level: number;
  /** Why there is nothing to show. */
  declare protected failure: SourceRefusal | null;

  constructor() {
    super();
    this.source = null;
    this.account = null;
    this.texts = defaultTexts();
    this.access = 'full';
    this.level = 3;
    this.failure = null;
  }

  protected heading(words: string): TemplateResult {
    return html`<div class="title" role="heading" aria-level=${this.level}>${words}</div>`;
  }

  /** The card that stands there until there is an answer. */
  protected absent(retry: () => void): TemplateResult {
    return html`<div class="card" part="card">${absent(this.failure, this.texts, retry)}</div>`;
  }
}
