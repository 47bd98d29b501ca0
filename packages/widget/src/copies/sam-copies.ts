import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { AccountPart } from '../parts/account-part.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { followLive, Loading } from '../parts/loading.ts';
import { SamConfirm } from '../parts/sam-confirm.ts';
import { SamTable, type Table } from '../parts/sam-table.ts';
import { selectField } from '../parts/select-field.ts';
import type {
  CopiedProduct,
  CopiesSource,
  CopyRow,
  RolloutStageView,
  RolloutView,
  WishedStages,
} from './copies-source.ts';
import { copiesStyles } from './copies-styles.ts';
import { copiesTexts } from './copies-texts.ts';

/** So many copies are shown at first, and further ones at a time. */
const PAGE = 50;
/** Stages that are offered at the most, beside the rest. */
const MOST_STAGES = 5;
const UNITS = ['accounts', 'percent'] as const;
const GATES = ['manual', '0', '1', '24', '168'] as const;

/** A product that others may have copies of. */
export type Copied = {
  readonly kind: CopiedProduct['kind'];
  readonly id: CopiedProduct['product'];
  readonly version: number;
};

/** A stage as it is typed. */
type Draft = { readonly many: string; readonly unit: (typeof UNITS)[number]; readonly gate: (typeof GATES)[number] };
const FIRST: Draft = { many: '3', unit: 'accounts', gate: 'manual' };

type Copies = Awaited<ReturnType<CopiesSource['copies']>>;
type Loaded = { readonly copies: Copies; readonly rollout: RolloutView | null };
/** What is shown: of another product it begins anew. */
type Asked = { readonly source: CopiesSource; readonly product: CopiedProduct };

const isLive = (rollout: RolloutView | null): boolean =>
  rollout !== null && rollout.state !== 'succeeded' && rollout.state !== 'cancelled';

/** Whole numbers from 1 on; null: it is none. */
const numberIn = (text: string): number | null => (/^\s*[1-9]\d{0,4}\s*$/.test(text) ? Number(text) : null);

/** Who runs which version of a product, and its roll-out: stages, how far each is, going on, stopping and rolling back (rules/screens 30). */
export class SamCopies extends AccountPart<CopiesSource> {
  static override properties = {
    ...AccountPart.properties,
    product: { attribute: false },
    mayWrite: { attribute: false },
    loaded: { state: true },
    version: { state: true },
    drafts: { state: true },
    refusal: { state: true },
    busy: { state: true },
    told: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, copiesStyles];

  declare product: Copied | null;
  /** Whether it may be rolled out. */
  declare mayWrite: boolean;
  declare protected loaded: Loaded | null;
  /** Only copies of one version are listed; null: all. */
  declare protected version: number | null;
  declare protected drafts: readonly Draft[];
  declare protected refusal: SourceRefusal | null;
  declare protected busy: boolean;
  /** How often something changed: another number is a reason to look. */
  declare protected told: number;
  #asked: Asked | null = null;
  #followed: { readonly id: string; readonly end: AbortController } | null = null;
  readonly #dialogs = new Dialogs(() => this.renderRoot);

  readonly #loading = new Loading<Asked, Loaded>(this, {
    wanted: () => this.#asked && this.account && { source: this.#asked, account: this.account.id, version: this.told },
    ask: async ({ source: { source, product } }, signal) => {
      const limit = Math.max(PAGE, this.loaded?.copies.rows.length ?? 0);
      const copies = await source.copies(
        product,
        { version: this.version, cursor: null, limit: Math.min(500, limit) },
        signal,
      );
      return { copies, rollout: await source.rollout(product, signal) };
    },
    show: (loaded) => this.#show(loaded),
    fail: (failure) => {
      this.failure = failure;
    },
    forget: () => this.#forget(),
  });

  constructor() {
    super();
    define('sam-confirm', SamConfirm);
    define('sam-table', SamTable);
    this.product = null;
    this.mayWrite = false;
    this.told = 0;
    this.#forget();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unfollow();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete(copiesTexts);
    const { source, account, product } = this;
    const was = this.#asked;
    if (!source || !account || !product) this.#asked = null;
    else if (was?.source !== source || was.product.account !== account.id || was.product.product !== product.id)
      this.#asked = { source, product: { account: account.id, kind: product.kind, product: product.id } };
    if (changed.get('product') && changed.get('product')?.version !== product?.version) this.told += 1;
  }

  protected override render(): TemplateResult {
    const { loaded, texts, refusal } = this;
    if (!loaded) return this.absent(() => void this.#loading.begin());
    const { copies, rollout } = loaded;
    const all = copies.versions.reduce((sum, { accounts }) => sum + accounts, 0);
    return html`<div class="all">
      ${refusal ? html`<div class="block">${errorLine(refusal.message)}</div>` : nothing}
      ${rollout ? this.#shownRollout(rollout) : nothing}
      ${isLive(rollout) ? nothing : this.#offer(copies)}
      ${all === 0 ? html`<div class="block"><p class="hint">${texts.say('copiesNone')}</p></div>` : this.#who(copies, all)}</div>`;
  }

  #forget(): void {
    this.#unfollow();
    this.loaded = null;
    this.version = null;
    this.drafts = [FIRST];
    this.refusal = null;
    this.failure = null;
    this.busy = false;
  }

  #show(loaded: Loaded): void {
    this.loaded = loaded;
    this.failure = null;
    const { rollout } = loaded;
    if (!rollout || !isLive(rollout) || !this.#asked) return this.#unfollow();
    if (this.#followed?.id === rollout.id) return;
    this.#unfollow();
    const { source, product } = this.#asked;
    const end = new AbortController();
    this.#followed = { id: rollout.id, end };
    followLive<RolloutView>((reader) => source.follow(product, rollout.id, reader), end.signal, {
      onFrame: (frame) => this.#tell(frame),
      // What may not be seen any more says so when it is read.
      onRefused: () => undefined,
    });
  }

  #unfollow(): void {
    this.#followed?.end.abort();
    this.#followed = null;
  }

  /** A roll-out has gone on: what accounts have is another when a stage has ended. */
  #tell(rollout: RolloutView): void {
    const { loaded } = this;
    if (!loaded) return;
    const was = loaded.rollout;
    this.loaded = { ...loaded, rollout };
    if (was?.id !== rollout.id || was.state !== rollout.state || was.stage !== rollout.stage) this.told += 1;
  }

  #who(copies: Copies, all: number): TemplateResult {
    const { texts, product, version } = this;
    const { say } = texts;
    const latest = product?.version ?? 0;
    const choose = (one: number | null): void => {
      this.version = one;
      this.told += 1;
    };
    const way = (one: number | null, words: string, n: number): TemplateResult =>
      html`<li><button class="button" type="button" part="button" aria-pressed=${String(version === one)} @click=${() => choose(one)}>${words} · ${say('copiesAccounts', { n })}</button></li>`;
    const words = (n: number): string => say(n >= latest ? 'copiesLatest' : 'copiesVersion', { n });
    return html`<section class="block"><div class="title" role="heading" aria-level=${this.level}>${say('copiesWho')}</div>
        <ul class="versions">${copies.versions.length > 1 ? way(null, say('copiesAll'), all) : nothing}${copies.versions.map((one) => way(one.version, words(one.version), one.accounts))}</ul></section>
      <sam-table exportparts="button" .table=${this.#table(copies.rows, latest)}></sam-table>
      ${copies.nextCursor === null ? nothing : html`<div class="block"><button class="button" type="button" part="button" @click=${() => void this.#attempt(() => this.#more(copies))}>${say('copiesMore')}</button></div>`}`;
  }

  #table(rows: readonly CopyRow[], latest: number): Table<CopyRow> {
    const { say } = this.texts;
    const stateOf = ({ updateAvailable, version }: CopyRow): string =>
      say(updateAvailable ? 'copiesUpdate' : version < latest ? 'copiesSame' : 'copiesCurrent');
    const linesOf = ({ differences, needs }: CopyRow): string[] => [
      ...(differences > 0 ? [say('copiesDiffers', { n: differences })] : []),
      ...(needs.length > 0 ? [say('copiesNeeds', { n: needs.length })] : []),
    ];
    return {
      columns: [
        {
          label: say('copiesAccount'),
          cell: ({ account, name }) => ({ text: account.name, aside: name, tone: 'strong' }),
        },
        { label: say('copiesHas'), cell: ({ version: n }) => ({ text: say('copiesVersion', { n }) }) },
        { label: say('copiesState'), cell: (row) => ({ text: stateOf(row), lines: linesOf(row), tone: 'quiet' }) },
      ],
      rows,
      keyOf: ({ account }) => account.id,
    };
  }

  async #more(copies: Copies): Promise<void> {
    const asked = this.#asked;
    if (!asked) return;
    const query = { version: this.version, cursor: copies.nextCursor, limit: PAGE };
    const next = await asked.source.copies(asked.product, query);
    // Unless it was read anew meanwhile.
    if (this.loaded?.copies === copies)
      this.loaded = { ...this.loaded, copies: { ...next, rows: [...copies.rows, ...next.rows] } };
  }

  #offer({ versions }: Copies): TemplateResult | typeof nothing {
    const { texts, product, drafts, busy } = this;
    const { say } = texts;
    const latest = product?.version ?? 0;
    const older = versions.reduce((sum, one) => sum + (one.version < latest ? one.accounts : 0), 0);
    if (older === 0 || !this.mayWrite || this.access === 'readOnly') return nothing;
    const isRight = drafts.every(
      ({ many, unit }) => (numberIn(many) ?? 0) >= 1 && (unit === 'accounts' || Number(many) <= 100),
    );
    return html`<form class="block" novalidate @submit=${(event: Event) => void this.#start(event)}><div class="title" role="heading" aria-level=${this.level}>${say('rolloutOffer', { n: latest })}</div>
      <p class="hint">${say('rolloutOlder', { n: older })}</p>
      <ol class="plan">${drafts.map((draft, n) => this.#draft(draft, n))}</ol><p class="hint">${say('rolloutRest')}</p>
      <div class="acts">${drafts.length < MOST_STAGES ? html`<button class="button" type="button" part="button" @click=${() => this.#change([...drafts, FIRST])}>${say('rolloutAdd')}</button>` : nothing}
        <button class="button primary" type="submit" part="button" ?disabled=${busy || !isRight}>${say('rolloutStart')}</button></div></form>`;
  }

  #draft(draft: Draft, at: number): TemplateResult {
    const { say } = this.texts;
    const n = at + 1;
    const { drafts } = this;
    const put = (change: Partial<Draft>): void =>
      this.#change(drafts.map((one, other) => (other === at ? { ...one, ...change } : one)));
    const type = ({ target }: Event): void => put({ many: (target as HTMLInputElement).value });
    const units = UNITS.map((value) => ({ value, label: say(`rolloutUnit_${value}`) }));
    const gates = GATES.map((value) => ({ value, label: say(`rolloutGate_${value}`) }));
    return html`<li><strong>${say('rolloutStage', { n })}</strong>
      <div class="field few ${numberIn(draft.many) === null ? 'invalid' : ''}"><input inputmode="numeric" autocomplete="off" aria-label=${say('rolloutSize', { n })} aria-invalid=${numberIn(draft.many) === null ? 'true' : nothing} .value=${draft.many} @input=${type} /></div>
      ${selectField({ label: say('rolloutUnit', { n }), options: units, chosen: draft.unit, choose: (unit) => put({ unit }) })}
      ${selectField({ label: say('rolloutGate', { n }), options: gates, chosen: draft.gate, choose: (gate) => put({ gate }) })}
      ${drafts.length > 1 ? html`<button class="button" type="button" part="button" @click=${() => this.#change(drafts.filter((_, other) => other !== at))}>${say('rolloutRemove', { n })}</button>` : nothing}</li>`;
  }

  #change(drafts: readonly Draft[]): void {
    this.drafts = drafts;
    this.refusal = null;
  }

  async #start(event: Event): Promise<void> {
    event.preventDefault();
    const stages: WishedStages = this.drafts.map(({ many, unit, gate }) => ({
      [unit]: Number(many),
      gate: gate === 'manual' ? gate : { afterHours: Number(gate) },
    }));
    await this.#act(({ source, product }) => source.start(product, stages));
    // What was refused is not to be typed again.
    if (!this.refusal) this.drafts = [FIRST];
  }

  #shownRollout(rollout: RolloutView): TemplateResult {
    const { texts } = this;
    const { say, numbers } = texts;
    const { state, stages, stage, version: n } = rollout;
    const isTimed = stages[stage - 1]?.state === 'waiting';
    const act = (label: string, look: string, work: (asked: Asked) => Promise<RolloutView>): TemplateResult =>
      html`<button class=${look} type="button" part="button" ?disabled=${this.busy} @click=${() => void this.#act(work)}>${label}</button>`;
    const may = this.mayWrite && this.access !== 'readOnly';
    const goOn = (failed: 'left' | 'again') => (asked: Asked) => asked.source.goOn(asked.product, rollout.id, failed);
    return html`<section class="block"><div class="title" role="heading" aria-level=${this.level}>${say('rolloutTitle', { n })}</div>
      <p class="said"><strong role="status">${say(state === 'waiting' && isTimed ? 'rollout_later' : `rollout_${state}`)}</strong> · ${say('rolloutBy', { date: numbers.dateTime(rollout.createdAt), name: rollout.startedBy })}</p>
      <ol class="stages">${stages.map((one) => this.#stage(rollout, one, may))}</ol>
      ${
        may && isLive(rollout)
          ? html`<div class="acts">${state === 'running' ? nothing : act(say('rolloutGoOn'), 'button primary', goOn('left'))}${state === 'stopped' ? act(say('rolloutAgain'), 'button', goOn('again')) : nothing}
          ${act(say('rolloutCancel'), 'button', ({ source, product }) => source.cancel(product, rollout.id))}</div>`
          : nothing
      }</section>`;
  }

  #stage({ id }: RolloutView, stage: RolloutStageView, may: boolean): TemplateResult {
    const { texts } = this;
    const { say, numbers } = texts;
    const { n, accounts: total, done, skipped, failed, conflicts, failures } = stage;
    const words = [
      ...(stage.state === 'pending' ? [say('copiesAccounts', { n: total }), say('rolloutPending')] : []),
      ...(stage.state === 'waiting' && stage.startsAt
        ? [say('copiesAccounts', { n: total }), say('rolloutBegins', { date: numbers.dateTime(stage.startsAt) })]
        : []),
      ...(stage.state === 'running' || stage.state === 'ended' ? [say('rolloutDone', { done, total })] : []),
      ...(conflicts > 0 ? [say('rolloutKept', { n: conflicts })] : []),
      ...(skipped > 0 ? [say('rolloutSkipped', { n: skipped })] : []),
      ...(failed > 0 ? [say('rolloutFailed', { n: failed })] : []),
      ...(stage.rolledBack.length > 0 ? [say('rolloutBacked')] : []),
    ];
    const mayBack = may && stage.state === 'ended' && done > 0 && stage.rolledBack.length === 0;
    return html`<li><strong>${say('rolloutStage', { n })}</strong><span class="grow">${words.join(' · ')}${stage.state === 'running' ? html`<progress max=${total} value=${done + skipped + failed} aria-label=${say('rolloutStage', { n })}></progress>` : nothing}</span>
      ${mayBack ? html`<button class="button" type="button" part="button" aria-label=${say('rolloutBackName', { n })} ?disabled=${this.busy} @click=${() => this.#askBack(id, n)}>${say('rolloutBack')}</button>` : nothing}
      ${failures.length > 0 ? html`<ul>${failures.map(({ account, error }) => html`<li><bdi>${account.name}</bdi>: ${error.message}</li>`)}</ul>` : nothing}</li>`;
  }

  #askBack(rollout: RolloutView['id'], n: number): void {
    const { texts } = this;
    const { say } = texts;
    const question = {
      title: say('rolloutBackTitle', { n }),
      text: say('rolloutBackText'),
      submit: say('rolloutBack'),
    };
    const act = (): Promise<void> => this.#act(({ source, product }) => source.rollBack(product, rollout, n));
    void this.#dialogs.open(Object.assign(new SamConfirm(), { texts, question, tone: 'danger', act }));
  }

  /** Does something with the roll-out, and shows how it is then. */
  #act(work: (asked: Asked) => Promise<RolloutView>): Promise<void> {
    return this.#attempt(async () => {
      const asked = this.#asked;
      const { loaded } = this;
      if (!asked || !loaded) return;
      const rollout = await work(asked);
      // Unless another product is shown by now.
      if (this.#asked !== asked) return;
      this.#show({ ...loaded, rollout });
      this.told += 1;
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      await work();
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
    this.busy = false;
  }
}
