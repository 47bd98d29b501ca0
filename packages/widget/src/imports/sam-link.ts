import type { AccountId } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { SamConfirm } from '../parts/sam-confirm.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { placeWords, valueWords } from './import-words.ts';
import type { ImportsSource, Product, ShownKind } from './imports-source.ts';
import { linkStyles } from './link-styles.ts';
import { linkTexts } from './link-texts.ts';

/** What a copy is a copy of, where it differs from its source, and what can be done about that (rules/products 14). */
export class SamLink extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    kind: { attribute: false },
    product: { attribute: false },
    texts: { attribute: false },
    access: {},
    busy: { state: true },
    refusal: { state: true },
  };
  static override styles = [controlStyles, formStyles, linkStyles];

  declare source: Pick<ImportsSource['products'], 'takeSource' | 'detach'> | null;
  /** Whose copy it is. */
  declare account: AccountId | null;
  declare kind: ShownKind | null;
  declare product: Product | null;
  declare texts: Texts;
  declare access: 'full' | 'readOnly';
  /** Told what it is then. */
  changed: (product: Product) => void = () => undefined;
  declare protected busy: boolean;
  declare protected refusal: SourceRefusal | null;
  readonly #dialogs = new Dialogs(() => this.renderRoot);

  constructor() {
    super();
    define('sam-confirm', SamConfirm);
    this.source = null;
    this.account = null;
    this.kind = null;
    this.product = null;
    this.texts = defaultTexts();
    this.access = 'full';
    this.busy = false;
    this.refusal = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...linkTexts });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { product, kind, refusal } = this;
    const link = product?.link;
    if (!product || !kind || !link) return nothing;
    const { say } = this.texts;
    const { state, differences, needs, updateAvailable } = link;
    const ended = state === 'source_gone' ? say('copyGone') : state === 'detached' ? say('copyDetached') : '';
    return html`<section class="copy" aria-label=${say('copyTitle')}>
      <p>${this.#of(link)} ${updateAvailable ? html`<span class="badge info">${say('copyUpdate')}</span>` : nothing}</p>
      ${ended ? html`<p class="quiet">${ended}</p>` : updateAvailable ? html`<p class="quiet">${say('copyUpdateHow')}</p>` : nothing}
      ${needs.length > 0 ? html`<p class="badge warn">${say('waitsFor', { what: needs.map((at) => placeWords([kind], kind.kind, at)).join(', ') })}</p>` : nothing}
      <p>${differences.length === 0 ? say('copySame') : say('copyDifferences', { n: differences.length })}</p>
      ${differences.length > 0 ? html`<ul>${differences.map((one) => this.#difference(kind, product, one))}</ul>` : nothing}
      ${refusal ? errorLine(refusal.message) : nothing}
      ${this.#mayWrite(product, '') ? html`<div><button class="button" type="button" part="button" ?disabled=${this.busy} @click=${() => this.#askDetach(product)}>${say('copyDetach')}</button></div>` : nothing}
    </section>`;
  }

  #of({ source, version: n }: NonNullable<Product['link']>): string {
    const { say } = this.texts;
    return source ? say('copyOf', { account: source.account.name, n }) : say('copyOfAbove', { n });
  }

  #mayWrite({ levels }: Product, part: string): boolean {
    return this.access === 'full' && (levels[part] ?? levels['']) === 'full' && this.source !== null;
  }

  #difference(
    kind: ShownKind,
    product: Product,
    { at, base, local }: NonNullable<Product['link']>['differences'][number],
  ): TemplateResult {
    const { texts, busy } = this;
    const { say } = texts;
    const title = placeWords([kind], kind.kind, at);
    const names = new Map(product.refs.map(({ id, name }) => [id as string, name ?? id]));
    const take = (): void =>
      void this.#do((source, where) => source.takeSource({ ...where, product: product.id }, product.version, [at]));
    return html`<li><span class="strong">${title}</span><span><bdi>${say('here', { what: valueWords(local, texts, names) })}</bdi></span><span class="quiet"><bdi>${say('atSource', { what: valueWords(base, texts, names) })}</bdi></span>
      ${this.#mayWrite(product, at.split('/')[1] ?? '') ? html`<button class="link" type="button" aria-label="${say('copyTake')}: ${title}" ?disabled=${busy} @click=${take}>${say('copyTake')}</button>` : nothing}</li>`;
  }

  #askDetach({ id: product, name }: Product): void {
    const { texts } = this;
    const { say } = texts;
    const act = (): Promise<void> => this.#do((source, where) => source.detach({ ...where, product }), 'thrown');
    const question = {
      title: say('copyDetachTitle', { name }),
      text: say('copyDetachText'),
      submit: say('copyDetach'),
    };
    void this.#dialogs.open(Object.assign(new SamConfirm(), { texts, question, act }));
  }

  /** @param refused what happens with a refusal: it is said here, or to whoever asked */
  async #do(
    act: (
      source: NonNullable<SamLink['source']>,
      where: { readonly account: AccountId; readonly kind: ShownKind['kind'] },
    ) => Promise<Product>,
    refused: 'said' | 'thrown' = 'said',
  ): Promise<void> {
    // It is told to whoever shows this copy now: another one may be shown when it is done.
    const { source, account, kind, changed } = this;
    if (!source || !account || !kind || this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      changed(await act(source, { account, kind: kind.kind }));
    } catch (error) {
      if (refused === 'thrown') throw error;
      this.refusal = refusalFrom(error);
    } finally {
      this.busy = false;
    }
  }
}
