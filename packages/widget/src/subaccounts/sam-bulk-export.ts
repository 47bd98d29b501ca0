import type { AccountId, RowId } from '@tenantree/domain';
import { html, type TemplateResult } from 'lit';
import type { BulkSource } from '../data/account-source.ts';
import { saveFile } from '../parts/save-file.ts';
import { type Foreseen, SamBulk } from './sam-bulk.ts';

/** Accounts that one file can name. */
const MOST = 5_000;

/** Writes all that are selected into a file, as a job, and saves it. */
export class SamBulkExport extends SamBulk {
  protected override readonly most = MOST;

  protected question(): { readonly title: string; readonly submit: string } {
    const n = this.selected?.rows.length ?? 0;
    return { title: this.say('bulkExportTitle', { n }), submit: this.say('bulkExportSubmit') };
  }

  protected form(): TemplateResult {
    return html`<p>${this.say('bulkExportText')}</p>`;
  }

  protected foreseen(): readonly Foreseen[] {
    return (this.selected?.rows ?? []).map((row) => ({ row, words: this.say('bulkExportLine'), isDone: true }));
  }

  protected start(bulk: BulkSource, accounts: readonly AccountId[]): Promise<RowId> {
    if (!this.selected) throw new Error('opened with nothing selected');
    return bulk.export(this.selected.account.id, accounts);
  }

  protected override async written(bulk: BulkSource, job: RowId): Promise<void> {
    if (!this.selected) return;
    const { filename, csv } = await bulk.file(this.selected.account.id, job);
    saveFile(filename, csv);
  }
}
