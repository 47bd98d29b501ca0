import { eraseClosedJob } from '../accounts/erase-closed.ts';
import { exportAccountsJob } from '../accounts/export-accounts.ts';
import { importAccountsJob } from '../accounts/imports/run-import.ts';
import { reactivateManyJob, suspendManyJob, undoSuspendManyJob } from '../accounts/status-jobs.ts';
import { invoiceExport } from '../billing/export-invoice.ts';
import { mailInvoiceJob } from '../billing/mail-invoice-job.ts';
import { statementExport } from '../billing/rebilling/export-statement.ts';
import { applyBlueprintJob, finishSetUpJob, undoBlueprintJob } from '../blueprints/jobs.ts';
import { mailReachedJob } from '../limits/mail-reached-job.ts';
import { setManyLimitsJob, undoSetManyLimitsJob } from '../limits/set-many-job.ts';
import { countEffectJob } from '../permissions/count-effect-job.ts';
import { applyPresetManyJob, reviewManyJob, undoCapsJob } from '../permissions/many-jobs.ts';
import { importJob, undoImportJob } from '../products/imports/import-job.ts';
import { rolloutStageJob } from '../products/rollouts/stage-job.ts';
import { TRANSFER_JOB_KINDS } from '../transfers/transfer-jobs.ts';
import type { AnyJob } from './define-job.ts';

/** Every job that a server can do. */
export const JOBS: readonly AnyJob[] = [
  eraseClosedJob,
  exportAccountsJob,
  importAccountsJob,
  invoiceExport.job,
  statementExport.job,
  suspendManyJob,
  undoSuspendManyJob,
  reactivateManyJob,
  setManyLimitsJob,
  undoSetManyLimitsJob,
  applyPresetManyJob,
  reviewManyJob,
  undoCapsJob,
  countEffectJob,
  importJob,
  undoImportJob,
  applyBlueprintJob,
  finishSetUpJob,
  undoBlueprintJob,
  rolloutStageJob,
  mailInvoiceJob,
  mailReachedJob,
  ...TRANSFER_JOB_KINDS,
];
