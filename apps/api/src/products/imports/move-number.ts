import type { PlacedProduct } from '@tenantree/db';
import type { AccountId, RowId } from '@tenantree/domain';
import type { Document } from '@tenantree/domain/products';

/** A compliance profile that numbers of an account can have. */
export type ComplianceProfile = { readonly account: AccountId; readonly id: RowId };

/** The profile that a number has in an account: the oldest that is valid. */
export const profileFor = (account: AccountId, profiles: readonly ComplianceProfile[]): RowId | null =>
  profiles
    .flatMap((one) => (one.account === account ? [one.id] : []))
    .toSorted()
    .at(0) ?? null;

/** Whether an account can have a number: one that has a compliance profile needs one there (rules/products 15). */
export const canTake = (row: Pick<PlacedProduct, 'kind' | 'document'> | undefined, profile: RowId | null): boolean =>
  row?.kind !== 'phoneNumber' || typeof row.document['compliance'] !== 'string' || profile !== null;

/** A number as it is in the account that it comes to. */
export const movedDocument = (mapped: Document, had: Document, profile: RowId | null): Document => ({
  ...mapped,
  compliance: typeof had['compliance'] === 'string' ? profile : null,
});
