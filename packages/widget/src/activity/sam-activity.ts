import type { AccountId } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { hueOf, initialsOf } from '../format/initials.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { ActivitySource, Entry } from './activity-source.ts';
import { activityStyles } from './activity-styles.ts';
import { activityTexts } from './activity-texts.ts';

/** So many entries are shown. */
const MOST = 10;

/** By what means somebody came in, where it isn't they themselves. */
const MEANS = { person: null, key: 'byKey', embed: 'byEmbed', system: 'bySystem' } as const;

/** The latest of what was done in an account, newest first. */
export class SamActivity extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: {},
    texts: { attribute: false },
    entries: { state: true },
  };
  static override styles = [controlStyles, activityStyles];

  declare source: ActivitySource | null;
  /** Whose activity is shown; another one starts anew. */
  declare account: AccountId | '';
  declare texts: Texts;
  declare protected entries: readonly Entry[] | 'loading' | 'failed';
  #loading = new AbortController();

  constructor() {
    super();
    this.source = null;
    this.account = '';
    this.texts = defaultTexts();
    this.entries = 'loading';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#loading.abort();
  }

  /** Loads the latest again; what is shown stays until the answer comes. */
  async refresh(): Promise<void> {
    const { source, account } = this;
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    if (!source || account === '') return;
    try {
      const entries = await source.latest(account, MOST, signal);
      if (!signal.aborted) this.entries = entries;
    } catch {
      if (!signal.aborted && typeof this.entries === 'string') this.entries = 'failed';
    }
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete(activityTexts);
    if (changed.has('account')) this.entries = 'loading';
    if (changed.has('account') || changed.has('source')) void this.refresh();
  }

  protected override render(): TemplateResult {
    const { entries } = this;
    const { say } = this.texts;
    if (entries === 'loading') return html`<p role="status">${say('loading')} …</p>`;
    if (entries === 'failed')
      return html`<p role="alert">${say('activityFailed')} <button class="link" type="button" @click=${() => void this.refresh()}>${say('retry')}</button></p>`;
    if (entries.length === 0) return html`<p>${say('activityNone')}</p>`;
    return html`<ol>${entries.map((entry) => this.#entry(entry))}</ol>`;
  }

  #entry({ at, sentence, actor }: Entry): TemplateResult {
    const { say, numbers } = this.texts;
    const means = MEANS[actor.kind];
    const said = [
      means === null ? '' : say(means),
      actor.via === null ? '' : say('via', { name: actor.via.name }),
    ].filter(Boolean);
    return html`<li><span class="avatar" aria-hidden="true" .style=${`--hue:${hueOf(actor.id ?? actor.kind)}`}>${initialsOf(actor.name)}</span>
      <span class="said"><strong><bdi>${actor.name}</bdi></strong> <span dir="auto">${sentence}</span>${said.length > 0 ? html` <span class="means" dir="auto">${said.join(', ')}</span>` : nothing}</span>
      <time datetime=${at} title=${numbers.dateTime(at)}>${numbers.day(at)}</time></li>`;
  }
}
