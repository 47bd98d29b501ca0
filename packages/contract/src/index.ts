export type { AccountImport, AccountImportRow } from './account-imports.ts';
export type { AccountDetail, AccountPage, SearchPage, SuspensionPreview, Visit } from './accounts.ts';
export type { AskedEntries, AuditLogEntry } from './audit.ts';
export type { BillingState, ShownPlan } from './billing.ts';
export type {
  AppliedBlueprint,
  BlueprintDocument,
  BlueprintDrift,
  BlueprintPlan,
  BlueprintTarget,
  BlueprintToSave,
  BlueprintWish,
  OfferedBlueprint,
  ShownBlueprint,
} from './blueprints.ts';
export type {
  AssignmentInput,
  AssignmentPreview,
  BookTermsInput,
  ShownAssignment,
  ShownBook,
  ShownBookTerms,
} from './books.ts';
export * from './contract.ts';
export type { DocumentLine, LateEvents } from './document-line.ts';
export { isEmail, normalEmail, shownEmail } from './email.ts';
export type { OpenedSession, ShownOrigins } from './embed.ts';
export type { ErrorShape, SentRefusal } from './error-shape.ts';
export type { CopyChange, ImportPlan, PlannedItem, PlannedTarget, ProductCopy, WaitingCopy } from './imports.ts';
export { type Named, password } from './inputs.ts';
export type { DetailedInvoice, DraftInvoice, ShownInvoice } from './invoices.ts';
export type { Job, JobConflict, JobFrame, JobItem } from './jobs.ts';
export type { ForeseenLimits, Limit, LimitsState } from './limits.ts';
export type { CustomerMargins, DepartedMargins, Margins } from './margins.ts';
export type { CapsPreview, CapsResult, PresetTakers, PresetToSave, ShownCaps, ShownPreset } from './permissions.ts';
export * from './procedure.ts';
export type { Product, ProductRow, ProductVersion, ShownKind } from './products.ts';
export type { RolloutStageView, RolloutToStart, RolloutView } from './rollouts.ts';
export type { JsonSchema, Schema } from './schema.ts';
export type { Me } from './session.ts';
export type { ShownStatement, StatementDetails, StatementDraft, WhatIf } from './statements.ts';
export type {
  Departure,
  PlanOfferView,
  TransferList,
  TransferPreview,
  TransferToStart,
  TransferView,
} from './transfers.ts';
export type { EventResult, UsageOfPeriod } from './usage.ts';
export type { SavedView } from './views.ts';
