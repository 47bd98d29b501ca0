import type { AccountId, RowId } from '@tenantree/domain';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { ENDED } from '../data/jobs.ts';
import { emit } from '../events.ts';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN, KEY } from '../icons/icons.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { followLive, Loading } from '../parts/loading.ts';
import { SamConfirm } from '../parts/sam-confirm.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { importRunTexts } from './import-run-texts.ts';
import { kindWords, placesWords } from './import-words.ts';
import type { ImportJob, ImportStep, ImportsSource, JobFrame, ShownKind, WaitingCopy } from './imports-source.ts';
import { importsStyles } from './imports-styles.ts';
import { cardTitle, listCard } from './resolve-step.ts';

export { previewStep } from './preview-step.ts';

type Asked = { readonly source: ImportsSource; readonly job: RowId };
type Waiting = Awaited<ReturnType<ImportsSource['waiting']>>;

const NONE: Waiting = { rows: [], nextCursor: null };
/** Accounts of which taking back leaves something, that are named one by one. */
const NAMED = 5;

/** An import while it runs and afterwards, or how it is taken back: every step, live, and what is left to be done. */
export class SamImportRun extends LitElement {
  static override properties = {
    source: { attribute: false },
    from: { attribute: false },
    job: { attribute: false },
    kinds: { attribute: false },
    opens: { attribute: false },
    texts: { attribute: false },
    access: {},
    level: { type: Number },
    shown: { state: true },
    frame: { state: true },
    waiting: { state: true },
    failure: { state: true },
    refusal: { state: true },
    busy: { state: true },
    closed: { state: true },
    told: { state: true },
  };
  static override styles = [
    controlStyles,
    formStyles,
    cardStyles,
    importsStyles,
    css`
    progress { display: block; inline-size: 100%; margin-block: var(--sam-2); accent-color: var(--sam-accent); } .state-of { flex: none; inline-size: 16px; text-align: center; } .state-of.done { color: var(--sam-ok); } .state-of.failed { color: var(--sam-danger); }
    `,
  ];

  declare source: ImportsSource | null;
  /** Where it comes from: the account of the job. */
  declare from: AccountId | null;
  declare job: RowId | null;
  declare kinds: readonly ShownKind[];
  /** Whether products can be opened here. */
  declare opens: boolean;
  declare texts: Texts;
  declare access: 'full' | 'readOnly';
  declare level: number;
  /** Told that another import is wanted. */
  again: () => void = () => undefined;
  /** Told that another job is to be shown. */
  follow: (job: RowId) => void = () => undefined;
  declare protected shown: ImportJob | null;
  declare protected frame: JobFrame | null;
  declare protected waiting: Waiting;
  declare protected failure: SourceRefusal | null;
  declare protected refusal: SourceRefusal | null;
  declare protected busy: boolean;
  /** Accounts of which the steps are not shown. */
  declare protected closed: ReadonlySet<AccountId>;
  declare protected told: number;
  #asked: Asked | null = null;
  readonly #dialogs = new Dialogs(() => this.renderRoot);
  readonly #loading = new Loading<Asked, ImportJob>(this, {
    wanted: () => this.#asked && this.from && { source: this.#asked, account: this.from, version: this.told },
    ask: ({ source: { source, job }, account }, signal) => this.#ask(source, account, job, signal),
    show: (shown, signal) => {
      this.shown = shown;
      this.failure = null;
      if (!ENDED.has(shown.job.state)) return;
      this.frame = null;
      void this.#look(shown, signal);
    },
    follow: ({ job }, { source, account }, signal) => {
      if (ENDED.has(job.state)) return;
      followLive<JobFrame>((reader) => source.source.follow(account, source.job, reader), signal, {
        onFrame: (frame) => {
          this.frame = frame;
          this.told += 1;
        },
        onRefused: (refusal) => {
          this.refusal = refusal;
        },
      });
    },
    fail: (refusal) => {
      if (!this.shown || !refusal.retryable) this.failure = refusal;
    },
    forget: () => {
      this.shown = null;
      this.frame = null;
      this.failure = null;
      this.refusal = null;
      this.waiting = NONE;
      this.closed = new Set();
    },
  });

  constructor() {
    super();
    define('sam-confirm', SamConfirm);
    this.source = null;
    this.from = null;
    this.job = null;
    this.kinds = [];
    this.opens = false;
    this.texts = defaultTexts();
    this.access = 'full';
    this.level = 3;
    this.shown = null;
    this.frame = null;
    this.waiting = NONE;
    this.failure = null;
    this.refusal = null;
    this.busy = false;
    this.closed = new Set();
    this.told = 0;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete(importRunTexts);
    const { source, job } = this;
    if (this.#asked?.source !== source || this.#asked?.job !== job)
      this.#asked = source && job !== null ? { source, job } : null;
  }

  /** The first steps, and those that failed, wherever they stand. */
  async #ask(source: ImportsSource, account: AccountId, job: RowId, signal: AbortSignal): Promise<ImportJob> {
    const first = await source.job(account, job, {}, signal);
    if (first.nextCursor === null || first.job.failed === 0) return first;
    const { steps } = await source.job(account, job, { state: 'failed' }, signal);
    return { ...first, steps: [...first.steps, ...steps.filter(({ n }) => first.steps.every((one) => one.n !== n))] };
  }

  /** Which of the secrets are still missing. */
  async #look({ job }: ImportJob, signal: AbortSignal): Promise<void> {
    const { source, from } = this;
    if (!source || !from || job.kind !== 'imports.run') return;
    try {
      const waiting = await source.waiting(from, job.id, signal);
      if (!signal.aborted) this.waiting = waiting;
    } catch {
      // Not to be had now: what the import did is shown without.
    }
  }

  protected override render(): TemplateResult {
    const { shown, texts } = this;
    if (!shown)
      return html`<div class="card" part="card">${absent(this.failure, texts, () => void this.#loading.begin())}</div>`;
    const { say } = texts;
    const accounts = Map.groupBy(shown.steps, ({ account }) => account.id);
    const more = (): void => void this.#do(() => this.#more(shown));
    return html`<div class="import">${this.#head(shown, accounts.size)}
      <div class="two"><div class="column">${[...accounts.values()].map((steps) => this.#account(steps))}
        ${shown.nextCursor === null ? nothing : html`<div><button class="button" type="button" part="button" @click=${more}>${say('importMore')}</button></div>`}</div>
      <div class="column">${this.#values()}${this.#after(shown)}</div></div></div>`;
  }

  /** What of it is done: the newest that is known. */
  #head({ job, steps }: ImportJob, accounts: number): TemplateResult {
    const { texts, frame, refusal, access, busy } = this;
    const { say } = texts;
    const { state, done, skipped, failed, total, etaSeconds } = frame ?? job;
    const at = done + skipped + failed;
    const isEnded = ENDED.has(state);
    const isUndo = job.kind === 'imports.undo';
    const title = isUndo
      ? say('importUndoTitle')
      : accounts === 1
        ? say('importTitle', { name: steps[0]?.account.name ?? '' })
        : say('importTitleMany', { n: accounts });
    const tone = state === 'succeeded' ? 'ok' : state === 'failed' || state === 'partly' ? 'warn' : '';
    const eta = etaSeconds === null || isEnded ? '' : ` · ${say('importEta', { n: etaSeconds })}`;
    const isStopping = !isEnded && (frame?.cancelAsked ?? job.cancelAskedAt !== null);
    const act = (): void => (isEnded ? this.#retry() : void this.#do((source, from, id) => source.cancel(from, id)));
    const words = isEnded ? 'importRetry' : isStopping ? 'importStopping' : 'importStop';
    const may = access === 'full' && (isEnded ? job.retryable : job.stoppable || isStopping);
    return html`<div class="card" part="card">${cardTitle(title, this.level, html`<span class="badge ${tone}" role="status">${say(`importJob_${state}`)}</span>`)}
      <div class="in"><span>${say('importProgress', { done: at, total })}${failed > 0 ? ` · ${say('importFailed', { n: failed })}` : ''}${eta}</span>
        <progress aria-label=${title} max=${total || 1} .value=${at}></progress>
        ${refusal ? errorLine(refusal.message) : nothing}
        ${isEnded ? nothing : html`<p class="quiet">${say('importLeave')}</p>`}
        ${may ? html`<button class="button" type="button" part="button" ?disabled=${busy || isStopping} @click=${act}>${say(words)}</button>` : nothing}</div></div>`;
  }

  /** Has what failed tried again. @param steps only these */
  #retry(steps?: readonly number[]): void {
    void this.#do(async (source, from, id) => {
      await source.retry(from, id, steps);
      await this.#loading.begin();
    });
  }

  #account(steps: readonly ImportStep[]): TemplateResult {
    const { texts, closed } = this;
    const [first] = steps;
    const id = first?.account.id ?? ('' as AccountId);
    const done = steps.filter(({ state }) => state === 'done').length;
    const turn = ({ target }: Event): void => {
      const next = new Set(closed);
      if ((target as HTMLDetailsElement).open) next.delete(id);
      else next.add(id);
      if (next.size !== closed.size) this.closed = next;
    };
    return html`<details class="card" part="card" .open=${!closed.has(id)} @toggle=${turn}><summary class="title">${icon(CHEVRON_DOWN)}<bdi>${first?.account.name}</bdi><span class="badge ${done === steps.length ? 'ok' : ''}">${texts.say('importProgress', { done, total: steps.length })}</span></summary>
      ${closed.has(id) ? nothing : html`<ul class="rows">${steps.map((step) => this.#step(step))}</ul>`}</details>`;
  }

  #step({ n, names, state, why, done }: ImportStep): TemplateResult {
    const { texts, access, busy, shown } = this;
    const { say } = texts;
    const mark = { pending: '○', done: '✓', skipped: '–', failed: '✕' }[state];
    const isUndo = shown?.job.kind === 'imports.undo';
    const words = done.map(({ act, name }) => {
      const act_ = say(
        isUndo ? (act === 'new' ? 'importUndone_new' : 'importUndone') : (`importAct_${act}` as 'importAct_new'),
      );
      return done.length > 1 ? `${name}: ${act_}` : act_;
    });
    const mayRetry = state === 'failed' && access === 'full' && shown?.job.retryable;
    const told = words.length > 0 ? words.join(', ') : say(`importState_${state}`);
    return html`<li class="item"><span><span class="state-of ${state}" aria-hidden="true">${mark}</span> <bdi>${names.join(' + ')}</bdi></span><span class="why ${state === 'failed' ? 'error' : 'quiet'}">${told}${why ? ` · ${why}` : ''}</span>${mayRetry ? html`<button class="link" type="button" aria-label="${say('importRetryOne')}: ${names.join(' + ')}" ?disabled=${busy} @click=${() => this.#retry([n])}>${say('importRetryOne')}</button>` : nothing}</li>`;
  }

  #values(): TemplateResult | typeof nothing {
    const { waiting, texts, kinds, opens } = this;
    const { say } = texts;
    const row = ({ account, name, kind, product, needs }: WaitingCopy): TemplateResult => {
      const go = (): void =>
        void emit(this, 'sam-show', {
          account: account.id,
          tab: 'products',
          product: { kind, id: product },
        });
      const label = `${say('importValueSet')}: ${account.name}, ${name}`;
      return html`<li class="item"><span>${icon(KEY, 14)} <bdi>${account.name}</bdi> · <bdi>${name}</bdi> <span class="quiet">${kindWords(kinds, kind)}: ${placesWords(kinds, kind, needs)}</span></span>${opens ? html`<button class="link" type="button" aria-label=${label} @click=${go}>${say('importValueSet')}</button>` : nothing}</li>`;
    };
    const { rows, nextCursor } = waiting;
    const aside = html`<span class="badge warn">${texts.numbers.whole(rows.length)}${nextCursor === null ? '' : '+'}</span>`;
    return listCard(say('importValues'), this.level, rows.map(row), { aside });
  }

  #after({ job }: ImportJob): TemplateResult {
    const { texts, busy, access } = this;
    const { say } = texts;
    const isEnded = ENDED.has(this.frame?.state ?? job.state);
    const ask = (): void => void this.#do((source, from, id) => this.#askUndo(source, from, id));
    const undo = job.kind === 'imports.run' && access === 'full';
    return html`<div class="card" part="card">${cardTitle(say('importAfter'), this.level)}<div class="in column">
      ${undo ? html`<p>${say('importUndoText')}</p><div><button class="button" type="button" part="button" ?disabled=${busy || !job.undoable} @click=${ask}>${say('importUndo')}</button></div>` : nothing}
      <div><button class="button ${isEnded ? 'primary' : ''}" type="button" part="button" @click=${this.again}>${say('importNew')}</button></div></div></div>`;
  }

  async #askUndo(source: ImportsSource, from: AccountId, job: RowId): Promise<void> {
    const { texts } = this;
    const { say } = texts;
    const kept = (await source.foreseeUndo(from, job)).flatMap(({ account, left }) =>
      left ? [`${account.name}: ${left.message}`] : [],
    );
    const some = [say('importUndoSome'), ...kept.slice(0, NAMED), ...(kept.length > NAMED ? ['…'] : [])].join(' ');
    const question = {
      title: say('importUndoAsk'),
      text: kept.length === 0 ? say('importUndoAll') : some,
      submit: say('importUndo'),
    };
    const act = async (): Promise<void> => this.follow(await source.undo(from, job));
    void this.#dialogs.open(Object.assign(new SamConfirm(), { texts, question, act }));
  }

  async #more(shown: ImportJob): Promise<void> {
    const { source, from } = this;
    if (!source || !from || shown.nextCursor === null) return;
    const next = await source.job(from, shown.job.id, { cursor: shown.nextCursor });
    const added = next.steps.filter(({ n }) => shown.steps.every((one) => one.n !== n));
    // Unless it was read anew meanwhile.
    if (this.shown === shown) this.shown = { ...next, steps: [...shown.steps, ...added] };
  }

  async #do(act: (source: ImportsSource, from: AccountId, job: RowId) => Promise<void>): Promise<void> {
    const { source, from, job } = this;
    if (!source || !from || job === null || this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      await act(source, from, job);
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
    this.busy = false;
  }
}
