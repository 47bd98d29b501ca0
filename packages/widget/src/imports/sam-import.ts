import { NO_ANSWER } from '@tenantree/client';
import { type AccountId, LIMIT_KINDS, PERMISSIONS, type RowId } from '@tenantree/domain';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { refusalFrom, SourceRefusal } from '../data/account-source.ts';
import { ENDED } from '../data/jobs.ts';
import { icon } from '../icons/icon.ts';
import { BACK } from '../icons/icons.ts';
import { absent } from '../parts/absent.ts';
import { AccountPart } from '../parts/account-part.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { LatePart } from '../parts/late-part.ts';
import { Loading } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { selectField } from '../parts/select-field.ts';
import { nameOf } from '../permissions/names.ts';
import { isOtherLanguage } from '../strings/texts.ts';
import { mayImport, SamImportChoice, turned } from './import-choice.ts';
import {
  type Chosen,
  clashesIn,
  type Draft,
  draftsOf,
  newDraft,
  openOf,
  STEPS,
  type Step,
  secretsIn,
  wishOf,
} from './import-draft.ts';
import type { Around } from './import-words.ts';
import type {
  AccountDetail,
  ClashAnswer,
  ImportPlan,
  ImportsSource,
  Job,
  KindKey,
  PlannedTarget,
  ShownKind,
} from './imports-source.ts';
import { importsStyles } from './imports-styles.ts';
import { importsTexts } from './imports-texts.ts';
import type { previewStep } from './preview-step.ts';
import { listCard, resolveStep } from './resolve-step.ts';

/** Where it comes from, with what can be imported from there and what was lately. */
type Begun = {
  readonly from: AccountDetail;
  /** All that can be imported, and those that one may see there. */
  readonly kinds: readonly ShownKind[];
  readonly recent: readonly Job[];
  /** One that still runs, into one of the accounts. */
  readonly running: RowId | null;
};
type Asked = { readonly source: ImportsSource; readonly from: AccountId; readonly into: string };

/** Recent imports that are listed. */
const LISTED = 5;
/** Refusals after which it is planned anew: something else is so by now, or the plan was run or forgotten. */
const STALE = new Set(['PLAN_STALE', 'NOT_FOUND']);

/**
 * Imports products of an account into accounts below it (rules/screens 26): what is chosen, what joins it and has the name of something else, what
 * would happen, and the job that does it.
 *
 * @fires sam-show - a product is to be shown, in its account
 */
export class SamImport extends AccountPart<ImportsSource> {
  static override properties = {
    ...AccountPart.properties,
    targets: { attribute: false },
    opens: { attribute: false },
    begun: { state: true },
    draft: { state: true },
    refusal: { state: true },
    busy: { state: true },
    opened: { state: true },
    missing: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, importsStyles];

  /** Accounts to import into, below `account`, which is where it comes from then; none: `account` itself, from one above it. */
  declare targets: readonly { readonly id: AccountId; readonly name: string }[];
  /** Whether the host shows the product of a `sam-show`. */
  declare opens: boolean;
  declare protected begun: Begun | null;
  declare protected draft: Draft | null;
  declare protected refusal: SourceRefusal | null;
  declare protected busy: boolean;
  /** What of the questions and of the preview is opened. */
  declare protected opened: ReadonlySet<string>;
  /** What comes late could not be loaded. */
  declare protected missing: boolean;
  #asked: Asked | null = null;
  /** What shows a plan before it is run, and what shows the job: it comes when something is planned. */
  readonly #late = new LatePart(
    () => import('./sam-import-run.ts'),
    'SamImportRun',
    ({ SamImportRun, previewStep }) => (define('sam-import-run', SamImportRun), previewStep),
  );
  #isArriving = false;
  readonly #loading = new Loading<Asked, Begun>(this, {
    wanted: () => this.#asked && { source: this.#asked, account: this.#asked.from },
    ask: ({ source: { source, from } }, signal) => this.#ask(source, from, signal),
    show: (begun) => {
      this.begun = begun;
      this.failure = null;
    },
    // Once: whoever turns to something else beside it stays there.
    follow: (begun) => {
      // Whoever comes back finds what still runs.
      if (begun.running && this.draft?.step === 'select' && this.draft.chosen.size === 0)
        this.#change({ step: 'import', job: begun.running });
    },
    fail: (refusal) => {
      this.failure = refusal;
    },
    forget: () => {
      this.begun = null;
      this.failure = null;
      this.refusal = null;
      this.busy = false;
    },
  });

  constructor() {
    super();
    define('sam-import-choice', SamImportChoice);
    this.targets = [];
    this.opens = false;
    this.begun = null;
    this.draft = null;
    this.refusal = null;
    this.busy = false;
    this.opened = new Set();
    this.missing = false;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...importsTexts });
    if (isOtherLanguage(changed, this.texts)) void this.#loading.again();
    const { source } = this;
    const into = this.#key();
    if (this.#asked?.source !== source || this.#asked?.into !== into) {
      const from = this.#sources().at(-1);
      this.draft = source && from ? (draftsOf(source).get(into) ?? newDraft(from.id)) : null;
    }
    const from = this.draft?.from;
    if (!source || !from) this.#asked = null;
    else if (this.#asked?.source !== source || this.#asked.into !== into || this.#asked.from !== from)
      this.#asked = { source, from, into };
  }

  protected override updated(): void {
    if (!this.#isArriving) return;
    this.#isArriving = false;
    this.renderRoot.querySelector<HTMLElement>('[aria-current]')?.focus({ preventScroll: true });
    if (this.getBoundingClientRect().top < 0) this.scrollIntoView();
  }

  /** The accounts to import into. */
  #into(): SamImport['targets'] {
    const { account, targets } = this;
    if (targets.length > 0 || !account) return targets;
    return [{ id: account.id, name: account.name }];
  }

  /** Accounts that can be imported from, the nearest last. */
  #sources(): AccountDetail['path'] {
    const { account, targets } = this;
    return account?.path.slice(0, targets.length > 0 ? undefined : -1) ?? [];
  }

  #key = (): string =>
    this.#into()
      .map(({ id }) => id)
      .join();

  async #ask(source: ImportsSource, id: AccountId, signal: AbortSignal): Promise<Begun> {
    const [from, kinds, recent] = await Promise.all([
      source.account(id, signal),
      source.products.kinds(this.texts.locale, signal),
      source.recent(id, signal),
    ]);
    const into = new Set<AccountId>(this.#into().map((one) => one.id));
    const open = recent.filter(({ state }) => !ENDED.has(state));
    const found = await Promise.all(open.map(({ id: job }) => source.job(id, job, {}, signal)));
    const running = found.find(({ steps }) => steps.some(({ account }) => into.has(account.id)));
    return {
      from,
      recent,
      kinds: kinds.filter(({ fromParent, rows }) => fromParent !== 'never' && from.levels[rows.read] !== 'none'),
      running: running?.job.id ?? null,
    };
  }

  /** @param into of which accounts it is the draft: an answer may come when others are looked at */
  #change(change: Partial<Draft>, into = this.#key()): void {
    const { source, draft } = this;
    const isShown = into === this.#key();
    const before = isShown ? draft : source && draftsOf(source).get(into);
    if (!source || !before) return;
    const after = { ...before, ...change };
    draftsOf(source).set(into, after);
    if (!isShown) return;
    this.#isArriving ||= after.step !== before.step;
    this.draft = after;
  }

  protected override render(): TemplateResult {
    const { begun, draft, refusal, account } = this;
    if (account && this.#sources().length === 0)
      return html`<div class="card" part="card"><div class="state">${this.texts.say('importNothing')}</div></div>`;
    if (!begun || !draft) return this.absent(() => void this.#loading.begin());
    return html`<div class="import">${this.#head(draft)}${refusal ? errorLine(this.#said(refusal)) : nothing}${this.#step(begun, draft)}</div>`;
  }

  /** Why something was refused: an account that is not there any more by its name. */
  #said({ message }: SourceRefusal): string {
    return this.#into().reduce((words, { id, name }) => words.replace(id, () => name), message);
  }

  #head({ step, from }: Draft): TemplateResult {
    const { texts } = this;
    const { say } = texts;
    const sources = this.#sources();
    const into = this.#into();
    const [first] = into;
    const at = STEPS.indexOf(step);
    const choose = (id: AccountId): void => {
      if (id === from) return;
      this.draft = newDraft(id);
    };
    const options = sources.map(({ id, name }) => ({ value: id, label: name }));
    const source =
      step === 'select' && sources.length > 1
        ? selectField({ label: say('importFrom'), options, chosen: from, choose })
        : html`<bdi>${sources.find(({ id }) => id === from)?.name}</bdi>`;
    const steps = STEPS.map(
      (one, n) =>
        html`<li class=${n < at ? 'past' : ''} aria-current=${one === step ? 'step' : nothing} tabindex=${one === step ? '-1' : nothing}><span class="n" aria-hidden="true">${n < at ? '✓' : texts.numbers.whole(n + 1)}</span>${say(`importStep_${one}`)}</li>`,
    );
    return html`<div class="card head" part="card"><div class="route">${source}${icon(BACK)}<span>${into.length === 1 ? html`<bdi>${first?.name}</bdi>` : say('accounts', { n: into.length })}</span></div><ol class="steps grow" aria-label=${say('importSteps')}>${steps}</ol></div>`;
  }

  #around({ kinds, from }: Begun): Around {
    const { texts, level } = this;
    return { texts, kinds, from, targets: this.#into(), level };
  }

  #step(begun: Begun, draft: Draft): TemplateResult | typeof nothing {
    const { plan } = draft;
    switch (draft.step) {
      case 'select':
        return this.#select(begun, draft);
      case 'resolve':
        return plan
          ? html`${resolveStep(draft, plan, this.#around(begun), this.#acts)}${this.#resolveFoot(draft)}`
          : nothing;
      case 'preview':
        return plan ? this.#shownLate((preview) => this.#preview(begun, draft, plan, preview)) : nothing;
      case 'import':
        return this.#shownLate(() => this.#running(begun, draft));
    }
  }

  /** What comes late, once it is there. What can't be loaded now is asked for again by hand. */
  #shownLate(shown: (preview: typeof previewStep) => TemplateResult): TemplateResult {
    const { part } = this.#late;
    if (part) return shown(part);
    if (!this.missing)
      this.#late.load().then(
        () => this.requestUpdate(),
        () => {
          this.missing = true;
        },
      );
    const again = (): void => {
      this.missing = false;
    };
    return html`<div class="card" part="card">${absent(this.missing ? new SourceRefusal(NO_ANSWER) : null, this.texts, again)}</div>`;
  }

  #running(begun: Begun, draft: Draft): TemplateResult {
    return html`<sam-import-run exportparts="button, card, dialog" .source=${this.source} .from=${draft.from} .job=${draft.job} .kinds=${begun.kinds} .opens=${this.opens} .texts=${this.texts} .access=${this.access} .level=${this.level} .again=${this.#again} .follow=${this.#show}></sam-import-run>`;
  }

  #select(begun: Begun, { chosen }: Draft): TemplateResult {
    const { texts, access } = this;
    const { say } = texts;
    const { from, kinds, recent } = begun;
    const into = this.#into();
    const target = into.length === 1 ? (into[0]?.id ?? null) : null;
    const choose = (next: ReadonlyMap<RowId, Chosen>): void => this.#change({ chosen: next });
    const next = (): void => void this.#plan('resolve');
    // Whoever may import nothing from there is told so once.
    const mayNot = kinds.length === 0 || (access === 'full' && !kinds.some((kind) => mayImport(kind, from)));
    return html`${mayNot ? html`<div class="card state" part="card" role="status">${say('importNothingRights', { name: from.name })}</div>` : nothing}
      ${kinds.length === 0 ? nothing : html`<sam-import-choice exportparts="button, card, dialog" .source=${this.source} .from=${from} .target=${target} .kinds=${kinds} .chosen=${chosen} .texts=${texts} .access=${access} .choose=${choose}></sam-import-choice>`}
      ${this.#recent(from, recent)}
      ${chosen.size === 0 ? nothing : this.#foot(html`<strong>${say('importChosen', { n: chosen.size })}</strong> <span class="quiet">${kindCounts(chosen, kinds)} · ${into.length === 1 ? say('importInto', { name: into[0]?.name ?? '' }) : say('importIntoMany', { n: into.length })}</span>`, null, { label: say('importNextResolve'), act: next, isOff: false })}`;
  }

  #recent(from: AccountDetail, recent: readonly Job[]): TemplateResult | typeof nothing {
    const { say, numbers } = this.texts;
    const row = ({ id, kind, state, createdAt, done, total }: Job): TemplateResult => {
      const at = numbers.dateTime(createdAt);
      const isUndo = kind === 'imports.undo';
      return html`<li class="item"><span><time datetime=${createdAt}>${at}</time>${isUndo ? ` · ${say('importUndoTitle')}` : nothing}</span><span class="why quiet">${say('importJobCounts', { done, total })}</span><span class="badge">${say(`importJob_${state}`)}</span><button class="link" type="button" aria-label="${say('open')}: ${at}" @click=${() => this.#show(id)}>${say('open')}</button></li>`;
    };
    return listCard(say('importRecent', { name: from.name }), this.level, recent.slice(0, LISTED).map(row));
  }

  /** What was chosen, the way back, and the way on. */
  #foot(
    words: unknown,
    back: Step | null,
    on: { readonly label: string; readonly act: () => void; readonly isOff: boolean; readonly why?: string },
  ): TemplateResult {
    const { texts, busy } = this;
    const { say } = texts;
    // The second press of a double one is meant for the step before, where another button stood.
    const act = ({ detail }: MouseEvent): void => {
      if (detail < 2) on.act();
    };
    return html`<div class="foot"><span class="grow" role="status">${busy ? say('importRunning') : words}</span>${on.why ? html`<span class="quiet" id="why">${on.why}</span>` : nothing}
      <span class="acts">${back ? html`<button class="button" type="button" part="button" ?disabled=${busy} @click=${() => this.#change({ step: back })}>${say('importBack')}</button>` : nothing}
      ${this.access === 'full' ? html`<button class="button primary" type="button" part="button" aria-describedby=${on.why ? 'why' : nothing} ?disabled=${busy || on.isOff} @click=${act}>${on.label}</button>` : nothing}</span></div>`;
  }

  #resolveFoot(draft: Draft): TemplateResult {
    const { say } = this.texts;
    const open = openOf(draft);
    const items = new Set(draft.plan?.targets.flatMap((one) => one.items.map(({ product }) => product)));
    const words = html`<strong>${say('importItems', { n: items.size })}</strong>${open.length > 0 ? html` <span class="quiet">${say('importOpen', { n: open.length })}</span>` : nothing}`;
    const why = open[0] ? say('importAnswerFirst', { name: open[0].item.name }) : '';
    return this.#foot(words, 'select', {
      label: say('importNextPreview'),
      act: () => void this.#plan('preview'),
      isOff: open.length > 0,
      why,
    });
  }

  #preview(begun: Begun, draft: Draft, plan: NonNullable<Draft['plan']>, preview: typeof previewStep): TemplateResult {
    const { texts } = this;
    const { say } = texts;
    const { stale } = draft;
    const done = plan.targets.flatMap(({ items }) => items.filter(({ act }) => act !== 'use_existing')).length;
    const words = plan.ready ? html`<span class="quiet">${say('importOnce')}</span>` : say('importNoneLeft');
    return html`${stale ? html`<div class="note" role="alert">${say('importStale')}${stale.length > 0 ? html`<ul>${stale.map((one) => html`<li>${one}</li>`)}</ul>` : nothing}</div>` : nothing}
      ${preview(draft, plan, this.#around(begun), { ...this.#acts, take: this.access === 'full' ? this.#acts.take : null })}
      ${this.#foot(words, 'resolve', { label: say('importSubmit', { n: done }), act: () => void this.#run(draft.from, plan), isOff: !plan.ready })}`;
  }

  /** What can be done in the questions and in the preview. */
  readonly #acts = {
    answer: (about: RowId | KindKey, as: ClashAnswer): void => {
      const { draft } = this;
      if (!draft) return;
      const answers = new Map(draft.answers);
      // What is said of a whole kind holds for each of it that nobody says something else of afterwards.
      for (const { item } of draft.clashes.values()) if (item.kind === about) answers.delete(item.product);
      this.#change({ answers: answers.set(about, as) });
    },
    except: (product: RowId, account: AccountId, as: ClashAnswer | ''): void => {
      const exceptions = new Map(this.draft?.exceptions);
      if (as === '') exceptions.delete(`${product} ${account}`);
      else exceptions.set(`${product} ${account}`, as);
      this.#change({ exceptions });
    },
    add: ({ product, kind, name }: PlannedTarget['notCopied'][number]): void => {
      const { draft } = this;
      if (!draft) return;
      const one = { kind: kind as KindKey, name: name ?? '', parts: null };
      this.#change({ chosen: new Map(draft.chosen).set(product, one) });
      // What was pressed is there no more.
      this.#isArriving = true;
      void this.#plan(draft.step === 'preview' ? 'preview' : 'resolve');
    },
    give: (product: RowId, at: string, value: string): void => {
      if (this.draft) this.#change({ secrets: new Map(this.draft.secrets).set(`${product} ${at}`, value) });
    },
    take: (product: RowId, account: AccountId, at: string): void => {
      const { draft } = this;
      if (!draft || this.busy) return;
      const key = `${product} ${account}` as const;
      const places = new Set(draft.takes.get(key));
      if (!places.delete(at)) places.add(at);
      this.#change({ takes: new Map(draft.takes).set(key, places) });
      void this.#plan('preview');
    },
    isOpen: (key: string): boolean => this.opened.has(key),
    turn: (key: string, open: boolean): void => {
      if (this.opened.has(key) !== open) this.opened = turned(this.opened, key);
    },
    limitWords: (key: string): string =>
      this.texts.say(`limit_${key}` as 'limit_agents') || (LIMIT_KINDS.find((one) => one.key === key)?.label ?? key),
    permissionWords: (key: string): string => {
      const found = PERMISSIONS.find((one) => one.key === key);
      return found ? nameOf(found, this.texts) : key;
    },
  };

  readonly #again = (): void => {
    if (this.draft) this.#change(newDraft(this.draft.from));
    // What was imported is there now.
    void this.#loading.again();
  };

  readonly #show = (job: RowId): void => this.#change({ step: 'import', job });

  /** Plans what is chosen, and turns to a step; to the questions, where there are new ones. */
  async #plan(step: Step, stale: Draft['stale'] = null): Promise<void> {
    await this.#attempt(async (source, draft, into) => {
      const isAnswered = step === 'preview';
      try {
        const plan = await source.plan(draft.from, wishOf(draft, this.#into(), isAnswered));
        // Whoever said something else meanwhile sees what becomes of that by asking again.
        if (draftsOf(source).get(into) !== draft) return;
        const clashes = clashesIn(plan, isAnswered ? draft.clashes : undefined);
        const isOpen = isAnswered && clashesIn(plan).size > 0;
        this.#change({ plan, clashes, stale, step: isOpen ? 'resolve' : step }, into);
      } catch (error) {
        const refusal = refusalFrom(error);
        const chosen = new Map(draft.chosen);
        const gone = refusal.faults.flatMap(({ at }) => {
          const id = at.slice('/products/'.length) as RowId;
          const name = chosen.get(id)?.name;
          return chosen.delete(id) ? `“${name}”` : [];
        });
        if (gone.length === 0) throw refusal;
        this.#change({ chosen, step: 'select' }, into);
        // What is listed is older than that.
        void this.#loading.again();
        throw new SourceRefusal({
          code: refusal.code,
          message: this.texts.say('importGone', { names: gone.join(', ') }),
        });
      }
    });
  }

  async #run(from: AccountId, plan: ImportPlan): Promise<void> {
    let why: SourceRefusal | null = null;
    await this.#attempt(async (source, draft, into) => {
      const given = secretsIn(draft, plan).flatMap(({ item: { product }, at, value }) =>
        value ? [{ product, at, value }] : [],
      );
      try {
        const job = await source.run(from, plan.plan, given);
        this.#change({ step: 'import', job, secrets: new Map() }, into);
      } catch (error) {
        why = refusalFrom(error);
        if (!STALE.has(why.code)) throw error;
      }
    });
    const refused = why as SourceRefusal | null;
    if (!refused || !STALE.has(refused.code)) return;
    const { faults, message } = refused;
    await this.#plan('preview', faults.length > 0 ? faults.map((fault) => fault.message) : [message]);
  }

  async #attempt(act: (source: ImportsSource, draft: Draft, into: string) => Promise<void>): Promise<void> {
    const { source, draft } = this;
    if (!source || !draft || this.busy) return;
    const into = this.#key();
    // Kept from now on: another one may be looked at when the answer comes.
    draftsOf(source).set(into, draft);
    this.busy = true;
    this.refusal = null;
    try {
      await act(source, draft, into);
    } catch (error) {
      if (into === this.#key()) this.refusal = refusalFrom(error);
    }
    if (into === this.#key()) this.busy = false;
  }
}

/** How many of each kind are chosen. */
function kindCounts(chosen: Draft['chosen'], kinds: readonly ShownKind[]): string {
  const by = Map.groupBy(chosen.values(), ({ kind }) => kind);
  return [...by]
    .map(([key, all]) => {
      const kind = kinds.find((one) => one.kind === key);
      return `${all.length} ${all.length === 1 ? kind?.label : kind?.plural}`;
    })
    .join(', ');
}
