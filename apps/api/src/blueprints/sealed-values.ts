import type { AccountId } from '@tenantree/domain';
import type { VariableValues } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Hall } from '../hall/hall.ts';
import { rowId } from '../products/imports/import-payload.ts';
import { seal, unseal } from '../products/seal.ts';

/** Values of variables as plans and jobs keep them: nobody reads them there. */
export const sealedValues = z.object({ id: rowId, text: z.string() });
export type SealedValues = z.infer<typeof sealedValues>;

const PLACE = 'variables';
const values = z.record(z.string(), z.string());

/** Encrypts values, bound to the account of their plan or job. */
export function sealValues(
  hall: Pick<Hall, 'newId' | 'settings'>,
  account: AccountId,
  given: VariableValues,
): SealedValues {
  const id = hall.newId();
  const { ciphertext } = seal(hall.settings.secret, { account, product: id, place: PLACE }, JSON.stringify(given));
  return { id, text: ciphertext.toString('base64') };
}

/** @throws when they are of another account or deployment */
export const openValues = (
  { settings }: Pick<Hall, 'settings'>,
  account: AccountId,
  { id, text }: SealedValues,
): VariableValues =>
  values.parse(
    JSON.parse(unseal(settings.secret, { account, product: id, place: PLACE }, Buffer.from(text, 'base64'))),
  );
