import type { JobConflict } from '@tenantree/contract';
import type { AccountId, RowId, SuspensionKind } from '@tenantree/domain';
import { html, type TemplateResult } from 'lit';
import type { BulkSource } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN } from '../icons/icons.ts';
import { type Foreseen, SamBulk, type Sides } from './sam-bulk.ts';

const KINDS = ['no_new_work', 'read_only', 'full_stop'] as const;
const LABELS = {
  no_new_work: 'kindNoNewWork',
  read_only: 'kindReadOnly',
  full_stop: 'kindFullStop',
} as const;

/** Suspends all that are selected; those that have a suspension keep it. */
export class SamBulkSuspend extends SamBulk {
  static override properties = { ...SamBulk.properties, kind: { state: true }, reason: { state: true } };

  declare protected kind: SuspensionKind;
  declare protected reason: string;

  constructor() {
    super();
    this.kind = 'read_only';
    this.reason = '';
  }

  protected question(): { readonly title: string; readonly submit: string } {
    const n = this.foreseen().filter(({ isDone }) => isDone).length;
    const title = this.say('bulkSuspendTitle', { n });
    return { title, submit: title };
  }

  protected form(): TemplateResult {
    return html`<div class="row"><label for="kind">${this.say('suspendKind')}</label><div class="field"><select id="kind" name="kind" data-first @change=${this.#choose}>${KINDS.map((one) => html`<option value=${one} ?selected=${one === this.kind}>${this.say(LABELS[one])}</option>`)}</select>${icon(CHEVRON_DOWN)}</div></div>
      <div class="row"><label for="reason">${this.say('reason')}</label><div class="field"><input id="reason" name="reason" maxlength="500" dir="auto" .value=${this.reason} @input=${this.#type} /></div>${this.errorAt('reason')}</div>`;
  }

  protected foreseen(): readonly Foreseen[] {
    return (this.selected?.rows ?? []).map((row) => {
      if (row.status === 'closed') return { row, words: this.say('bulkSuspendClosed'), isDone: false };
      if (row.suspension) return { row, words: this.say('bulkSuspendAlready'), isDone: false };
      const n = row.subaccounts;
      return { row, words: n === 0 ? this.say('bulkSuspendAlone') : this.say('bulkSuspendWith', { n }), isDone: true };
    });
  }

  protected start(bulk: BulkSource, accounts: readonly AccountId[]): Promise<RowId> {
    const { kind, reason, selected } = this;
    if (!selected) throw new Error('opened with nothing selected');
    return bulk.suspend(selected.account.id, accounts, { kind, reason: reason.trim() || null });
  }

  protected override sides(conflict: JobConflict): Sides | null {
    const word = (kind: SuspensionKind | null): string => this.say(kind ? LABELS[kind] : 'active');
    return conflict.about === 'suspension' ? ['', word(conflict.meant), word(conflict.present)] : null;
  }

  #choose({ target }: Event): void {
    const kind = target instanceof HTMLSelectElement && KINDS.find((one) => one === target.value);
    if (kind) this.kind = kind;
  }

  #type({ target }: Event): void {
    if (target instanceof HTMLInputElement) this.reason = target.value;
  }
}
