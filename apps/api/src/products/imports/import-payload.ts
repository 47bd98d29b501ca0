import { isId, isRecord, type RowId } from '@tenantree/domain';
import { type Document, PRODUCT_KINDS, type ProductKindKey } from '@tenantree/domain/products';
import { z } from 'zod';
import { accountId } from '../../jobs/payloads.ts';

// What is stored of an import, read again when it is worked on or undone.

export const rowId = z.custom<RowId>((value) => typeof value === 'string' && isId(value));
const kind = z.enum(PRODUCT_KINDS.map((one) => one.kind) as [ProductKindKey, ...ProductKindKey[]]);
const parts = z.array(z.string()).nullable();

/** One thing to be done: products that need each other, in one account. */
export const importStep = z.object({
  account: accountId,
  items: z.array(
    z.object({
      /** At the source, in the version that was shown. */
      source: rowId,
      version: z.number(),
      kind,
      act: z.enum(['new', 'update', 'replace', 'merge', 'move']),
      /** What it is in the target, there already or from now on; `at`: the version there. */
      product: rowId,
      at: z.number().nullable(),
      name: z.string(),
      parts,
      /** Places where the source's stands, whatever was done there; absent: none. */
      take: z.array(z.string()).exactOptional(),
    }),
  ),
  /** What stands in the target for what they name. */
  ids: z.array(z.tuple([rowId, rowId])),
  /** Secrets that were given for what comes, sealed for where they are to stand; gone when it is done (NewJobItem). */
  secrets: z
    .array(z.object({ product: rowId, place: z.string(), sealed: z.base64(), last4: z.string() }))
    .exactOptional(),
});
export type ImportStep = z.infer<typeof importStep>;
export type ImportItem = ImportStep['items'][number];

/** What was done. */
export const importDone = z.object({
  items: z.array(
    z.object({
      product: rowId,
      kind,
      name: z.string(),
      act: importStep.shape.items.element.shape.act,
      /** Of the product there. */
      version: z.number(),
      needs: z.array(z.string()),
      /** Which parts it was; null: all. What was done before this was noted took all of them to be taken back, too. */
      parts: parts.default(null),
      /** Of a number that moved: what it was before. */
      before: z.custom<Document | null>((value) => value === null || isRecord(value)),
    }),
  ),
});
export type ImportDone = z.infer<typeof importDone>;
export type DoneItem = ImportDone['items'][number];
