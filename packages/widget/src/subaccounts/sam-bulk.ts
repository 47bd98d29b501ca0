import type { JobConflict, JobFrame } from '@tenantree/contract';
import type { AccountId, AccountRow, RowId } from '@tenantree/domain';
import { css, html, type TemplateResult } from 'lit';
import type { BulkResult, BulkSource } from '../data/account-source.ts';
import { refusalFrom, SourceRefusal } from '../data/account-source.ts';
import { MOST_AT_ONCE } from '../data/client-bulk.ts';
import { ENDED } from '../data/jobs.ts';
import { define } from '../parts/define.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { SamTable } from '../parts/sam-table.ts';
import { bulkTexts } from './bulk-texts.ts';
import type { Selected } from './selected.ts';

/** How what somebody else changed is called, what was meant, and what stands there. */
export type Sides = readonly [name: string, meant: string, present: string];

/** What an act would come to for one account; `null` words: nothing is done to it. */
export type Foreseen = { readonly row: AccountRow; readonly words: string; readonly isDone: boolean };

/**
 * Bulk work: what it would come to for each account, then the job with its progress, then what became of each, with Undo all where every step
 * can be taken back.
 */
export abstract class SamBulk extends Dialog {
  static override properties = {
    ...Dialog.properties,
    phase: { state: true },
    frame: { state: true },
    results: { state: true },
    undone: { state: true },
    undoable: { state: true },
  };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      dialog { inline-size: min(640px, calc(100vw - 24px)); }
      sam-table { border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); max-block-size: 260px; overflow: auto; }
      progress { inline-size: 100%; accent-color: var(--sam-accent); }
    `,
  ];

  /** Set before the dialog is opened. */
  selected: Selected | null = null;
  declare protected phase: 'asking' | 'running' | 'ended';
  declare protected frame: JobFrame | null;
  declare protected results: readonly BulkResult[];
  /** Whether what is shown is how taking it back ended. */
  declare protected undone: boolean;
  /** Whether what was done can be taken back. */
  declare protected undoable: boolean;
  #job = '' as RowId;
  #stop: () => void = () => undefined;

  constructor() {
    super();
    define('sam-table', SamTable);
    this.phase = 'asking';
    this.frame = null;
    this.results = [];
    this.undone = false;
    this.undoable = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.texts.complete(bulkTexts);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  /** Title, and what the button says. */
  protected abstract question(): { readonly title: string; readonly submit: string };
  /** What is asked before. */
  protected abstract form(): TemplateResult;
  /** What it would come to for each account; null: not known yet. */
  protected abstract foreseen(): readonly Foreseen[] | null;
  /** Asks for the job. */
  protected abstract start(bulk: BulkSource, accounts: readonly AccountId[]): Promise<RowId>;
  /** Fetches what the job wrote, if it wrote anything. */
  protected written(_bulk: BulkSource, _job: RowId): Promise<void> {
    return Promise.resolve();
  }
  /** Both sides of what somebody else changed, in words; null: it isn't of this work. */
  protected sides(_conflict: JobConflict): Sides | null {
    return null;
  }
  /** Accounts that can be done at once. */
  protected readonly most: number = MOST_AT_ONCE;

  protected heading(): string {
    return this.question().title;
  }

  protected override cancel(): string {
    return this.say(this.phase === 'asking' ? 'cancel' : 'bulkClose');
  }

  protected submitButton(): Submit {
    const tone = 'primary';
    if (this.phase === 'running') return { label: this.say('bulkRunning'), tone, ready: 'incomplete' };
    if (this.phase === 'ended')
      return { label: this.say(this.#canUndo() ? 'bulkUndo' : 'bulkState_done'), tone, ready: 'ready' };
    const isSome = this.foreseen()?.some(({ isDone }) => isDone) ?? false;
    return { label: this.question().submit, tone, ready: isSome ? 'ready' : 'incomplete' };
  }

  protected content(): TemplateResult {
    if (this.phase === 'asking') return html`${this.form()}${this.#preview()}`;
    if (this.phase === 'running') return this.#progress();
    return this.#ended();
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { selected } = this;
    if (!selected) return 'done';
    const bulk = (await selected.source.acts()).bulk;
    if (this.phase === 'asking') {
      const accounts = (this.foreseen() ?? []).flatMap(({ row, isDone }) => (isDone ? [row.id] : []));
      if (accounts.length > this.most) {
        const message = this.say('bulkTooMany', { n: this.most });
        throw new SourceRefusal({ code: 'BAD_REQUEST', message });
      }
      this.#watch(bulk, selected.account.id, await this.start(bulk, accounts));
      return 'stay';
    }
    if (!this.#canUndo()) return 'done';
    const { id } = selected.account;
    const job = await bulk.undo(id, this.#job);
    this.undone = true;
    this.#watch(bulk, id, job);
    return 'stay';
  }

  /** Both sides, and who set what stands there now. */
  #both(conflict: JobConflict): string | readonly never[] {
    const both = this.sides(conflict);
    if (!both) return [];
    const [what, meant, present] = both;
    const sides = this.say('bulkSides', { name: what && `${what}: `, meant, present });
    const { by, at } = conflict;
    const date = at && this.texts.numbers.dateTime(at);
    return by && date ? this.say('bulkSetBy', { sides, name: by, date }) : sides;
  }

  #canUndo(): boolean {
    return this.undoable && !this.undone;
  }

  #watch(bulk: BulkSource, account: AccountId, job: RowId): void {
    this.#stop();
    this.#job = job;
    this.phase = 'running';
    this.frame = null;
    this.#stop = bulk.follow(account, job, {
      onFrame: (frame) => {
        this.frame = frame;
        if (ENDED.has(frame.state) && this.phase === 'running') void this.#end(bulk, account, job);
      },
      onRefused: (refusal) => {
        this.refusal = refusal;
      },
    });
  }

  async #end(bulk: BulkSource, account: AccountId, job: RowId): Promise<void> {
    this.#stop();
    try {
      const { results, undoable } = await bulk.results(account, job);
      this.results = results;
      this.undoable = undoable;
      this.phase = 'ended';
      if (!this.undone) await this.written(bulk, job);
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }

  #preview(): TemplateResult {
    const foreseen = this.foreseen();
    if (foreseen === null) return html`<p role="status">${this.say('loading')}…</p>`;
    // Something is to be filled in first.
    if (foreseen.length === 0) return html``;
    const table = {
      columns: [
        { label: this.say('account'), cell: ({ row }: Foreseen) => ({ text: row.name }) },
        {
          label: this.say('bulkComes'),
          cell: ({ words, isDone }: Foreseen) => ({ text: words, ...(!isDone && { tone: 'quiet' as const }) }),
        },
      ],
      rows: foreseen,
      keyOf: ({ row }: Foreseen) => row.id,
    };
    return html`${foreseen.some(({ isDone }) => isDone) ? '' : html`<p>${this.say('bulkNone')}</p>`}<sam-table .table=${table} tabindex="0" role="region" aria-label=${this.say('bulkComes')}></sam-table>`;
  }

  #progress(): TemplateResult {
    const { done = 0, skipped = 0, failed = 0, total = 0 } = this.frame ?? {};
    const at = done + skipped + failed;
    return html`<p role="status"><bdi>${this.say('bulkProgress', { done: at, total })}</bdi></p><progress aria-label=${this.say('bulkRunning')} max=${total || 1} .value=${at}></progress><p class="hint">${this.say('bulkBackground')}</p>`;
  }

  #ended(): TemplateResult {
    const names = new Map(this.selected?.rows.map(({ id, name }) => [id, name]));
    const done = this.results.filter(({ state }) => state === 'done').length;
    const table = {
      columns: [
        {
          label: this.say('account'),
          cell: ({ account, name }: BulkResult) => ({ text: name ?? names.get(account) ?? account }),
        },
        {
          label: this.say('bulkResult'),
          cell: ({ state }: BulkResult) => ({ text: this.say(`bulkState_${state}`) }),
        },
        {
          label: this.say('why'),
          cell: ({ why, conflict }: BulkResult) => ({ text: why, lines: conflict.flatMap((one) => this.#both(one)) }),
        },
      ],
      rows: this.results,
      keyOf: ({ account }: BulkResult) => account,
    };
    return html`<p role="status"><bdi>${this.undone ? `${this.say('bulkUndone')} ` : ''}${this.say('bulkEnded', { done, left: this.results.length - done })}</bdi></p>
      <sam-table .table=${table} tabindex="0" role="region" aria-label=${this.say('bulkResult')}></sam-table>`;
  }
}
