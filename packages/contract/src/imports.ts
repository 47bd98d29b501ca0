import { LIMIT_KINDS, type LimitKindKey, type RowId } from '@tenantree/domain';
import { CLASH_ANSWERS, PRODUCT_KINDS, type ProductKindKey } from '@tenantree/domain/products';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, mutation, ofKind, query, reach, screensFor } from './procedure.ts';
import { productState } from './products.ts';
import * as shapes from './shapes.ts';

/** Accounts that one import goes into. */
const MOST_TARGETS = 500;
/** Screens that import, and those that show what was imported. */
const IMPORTING = screensFor('import');
const SCREENS = screensFor('products', 'import');
const kind = z.enum(PRODUCT_KINDS.map((one) => one.kind) as [ProductKindKey, ...ProductKindKey[]]);
const limitKind = z.enum(LIMIT_KINDS.map(({ key }) => key) as [LimitKindKey, ...LimitKindKey[]]);
const product = inputs.id<RowId>('product');
const version = z.number().int().min(1).max(2_147_483_647);
const parts = z.array(z.string().max(64)).min(1).max(20);
const answer = z.enum(CLASH_ANSWERS);

/** A place of a document: JSON pointer, with the ids of entries in place of their positions. */
const place = z.string();
const value = shapes.json.nullable();
/** Long text is cut. Null: there is nothing. */
const change = z.strictObject({
  at: place,
  /** Changed at the source, here, here and there to the same, or to something else in both: then it stays as it is here. */
  how: z.enum(['updated', 'local', 'both_same', 'conflict']),
  /** It was asked for that the source’s stands there, whatever was changed here. */
  taken: z.boolean(),
  base: value,
  source: value,
  local: value,
});

const item = z.strictObject({
  /** At the source. */
  product: shapes.rowId,
  kind,
  /** As it is called in the target. */
  name: z.string(),
  version: shapes.count,
  /** `clash`: another product there is called so, and nobody has said what becomes of it. */
  act: z.enum(['new', 'update', 'use_existing', 'replace', 'merge', 'move', 'clash']),
  /** What it becomes a part of, is used for it or is in its way. */
  into: z.strictObject({ id: shapes.rowId, version: shapes.count }).nullable(),
  /** Which parts; null: all. */
  parts: shapes.list(z.string()).nullable(),
  /** What needs it; null: it was chosen. */
  because: shapes.rowId.nullable(),
  /** It stays at an older version. */
  updateAvailable: z.strictObject({ has: shapes.count, is: shapes.count }).nullable(),
  /** Secrets to be set there, when it is run (`secrets` of `imports.run`) or afterwards: they are never copied. */
  needsValue: shapes.list(place),
  /** The permission that the target’s own people lack to see it; null: they see it. */
  hidden: shapes.permissionKey.nullable(),
  /** Whether limits leave room for it. */
  fits: z.boolean(),
  /** What of something that is there becomes different, or could. */
  changes: shapes.list(change),
  /** Why it can’t be written as it would be. */
  fault: shapes.refusal.nullable(),
  /** Its number among what is done at once. */
  step: shapes.count,
});

/** What an import does in one account. */
export const planned = z.strictObject({
  account: shapes.accountName,
  /** Why nothing can be done there now. */
  refusal: shapes.refusal.nullable(),
  /** In the order in which it is done. */
  items: shapes.list(item),
  notCopied: shapes.list(
    z.strictObject({
      product: shapes.rowId,
      kind: z.string(),
      /** Null: it is not there any more, or not for whoever asks to see. */
      name: z.string().nullable(),
      /** What names it, and where. */
      by: shapes.rowId,
      at: place,
      why: z.enum(['missing', 'never', 'moves_when_chosen', 'not_chosen', 'skipped', 'blocked']),
    }),
  ),
  blocked: shapes.list(
    z.strictObject({
      product: shapes.rowId,
      kind: z.string(),
      name: z.string().nullable(),
      /** What it can’t do without, and where it names it. */
      needs: z.strictObject({ product: shapes.rowId, at: place }).nullable(),
      why: z.enum(['missing', 'never', 'hidden', 'forbidden', 'skipped', 'blocked', 'one_account', 'compliance']),
    }),
  ),
});

const room = z.strictObject({
  kind: limitKind,
  /** Null: an account above those that the caller reaches. */
  account: shapes.accountName.nullable(),
  max: shapes.count,
  before: shapes.count,
  after: shapes.count,
});

const copy = z.strictObject({
  account: shapes.accountName,
  product: shapes.rowId,
  name: z.string(),
  /** Of the source, that it was last written from. */
  version: shapes.count,
  parts: shapes.list(z.string()).nullable(),
  needs: shapes.list(place),
});

export const imports = {
  plan: mutation({
    says: 'Shows what importing products into accounts below would do, with all that comes along; nothing is done yet.',
    needs: reach('change', IMPORTING),
    input: z.strictObject({
      account: inputs.account,
      targets: z
        .array(inputs.account)
        .min(1)
        .refine(({ length }) => length <= MOST_TARGETS, `An import goes into ${MOST_TARGETS} accounts at the most.`)
        .max(MOST_TARGETS),
      products: z
        .array(
          z.strictObject({
            product,
            /** Of a kind that has parts: which; without, all. */
            parts: parts.optional(),
            /** Of parts: the products of targets that they come into, whatever those are called. */
            into: z
              .array(z.strictObject({ target: inputs.account, product }))
              .max(500)
              .optional(),
          }),
        )
        .min(1)
        .max(200),
      /** What becomes of what another product of the target is called, too: the nearest answer counts. */
      answers: z
        .array(
          z.strictObject({
            product: product.optional(),
            kind: kind.optional(),
            target: inputs.account.optional(),
            as: answer,
          }),
        )
        .max(1_000)
        .default([]),
      /** Where the source’s is to stand in copies that are updated, also where they were changed: places, as `changes` names them. */
      takes: z
        .array(
          z.strictObject({
            product,
            target: inputs.account.optional(),
            at: z.array(place.max(1_000)).min(1).max(200),
          }),
        )
        .max(1_000)
        .default([]),
    }),
    output: z.strictObject({
      plan: shapes.rowId,
      /** It can be run: there is something to do, and every clash is answered. */
      ready: z.boolean(),
      /** Things to be done, each at once or not at all. */
      steps: shapes.count,
      targets: shapes.list(planned),
      /** Where a limit bounds what comes. */
      limits: shapes.list(room),
      /** What goes on where something that is there becomes different, or leaves. */
      running: shapes.list(
        z.strictObject({
          account: shapes.accountName,
          /** Calls that hold a slot of the account now, whoever speaks in them; where numbers leave, calls that name one of these. */
          calls: shapes.count,
          /** Campaigns that run by what becomes different, and 20 of them at the most with what of it they use. */
          campaigns: shapes.count,
          sample: shapes.list(z.strictObject({ id: shapes.rowId, name: z.string(), uses: shapes.list(shapes.rowId) })),
        }),
      ),
    }),
  }),

  run: mutation({
    says: 'Imports what a plan showed, as a job, if all of that is so still; a plan is run once.',
    needs: reach('change', IMPORTING),
    input: z.strictObject({
      account: inputs.account,
      plan: inputs.id<RowId>('plan'),
      /** Secrets that copies wait for (`needsValue`), by the product at the source: the same in all targets. Others are set there afterwards. */
      secrets: z
        .array(z.strictObject({ product, at: place.max(1_000), value: z.string().min(1).max(4_000) }))
        .max(200)
        .default([]),
    }),
    output: z.strictObject({ job: shapes.rowId }),
    refusals: ['PLAN_STALE'],
  }),

  copies: query({
    says: 'Who runs which version: the copies of a product in the accounts below, with the version that each was last written from.',
    needs: ofKind('read', 'read', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      kind,
      product,
      /** Only those of one version. */
      version: version.optional(),
      cursor: inputs.cursor,
      limit: inputs.limit(500),
    }),
    output: z.strictObject({
      rows: shapes.list(
        copy.extend({
          /** What is new at the source would make it another. */
          updateAvailable: z.boolean(),
          /** At how many places it differs from what was written from there. */
          differences: shapes.count,
        }),
      ),
      /** How many accounts have a copy, by its version, the latest first. */
      versions: shapes.list(z.strictObject({ version: shapes.count, accounts: shapes.count })),
      nextCursor: z.string().nullable(),
    }),
  }),

  links: query({
    says: 'Which products of the account another one below has copies of, so that a choice can show it.',
    needs: reach('read', IMPORTING),
    input: z.strictObject({
      account: inputs.account,
      target: inputs.account,
      products: z.array(product).min(1).max(500),
    }),
    output: z.strictObject({ links: shapes.list(copy.omit({ account: true }).extend({ source: shapes.rowId })) }),
  }),

  waiting: query({
    says: 'Which copies that an import brought still wait for secrets, in the order in which they came.',
    needs: reach('read', IMPORTING),
    input: z.strictObject({
      account: inputs.account,
      job: inputs.id<RowId>('job'),
      cursor: inputs.cursor,
      limit: inputs.limit(500),
    }),
    output: z.strictObject({
      rows: shapes.list(copy.pick({ account: true, product: true, name: true, needs: true }).extend({ kind })),
      nextCursor: z.string().nullable(),
    }),
  }),

  takeSource: mutation({
    says: 'Makes a copy at some places again what its source was when it was last written from there.',
    needs: ofKind('read', 'change', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      kind,
      product,
      expectedVersion: version,
      at: z.array(z.string().max(500)).min(1).max(500),
    }),
    output: z.strictObject({ product: productState }),
    refusals: ['NOT_A_COPY', 'VERSION_CONFLICT', 'DOCUMENT_INVALID', 'REFERENCE_MISSING', 'NAME_TAKEN'],
  }),

  detach: mutation({
    says: 'Lets a copy be a product of its own: its document stays, its source is none any more.',
    needs: ofKind('write', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, kind, product }),
    output: z.strictObject({ product: productState }),
    refusals: ['NOT_A_COPY'],
  }),
};

/** What an import would do. */
export type ImportPlan = AnswerOf<typeof imports.plan>;
/** What it would do in one account. */
export type PlannedTarget = ImportPlan['targets'][number];
/** What becomes of one product there. */
export type PlannedItem = PlannedTarget['items'][number];
/** A place where a copy differs. */
export type CopyChange = PlannedItem['changes'][number];
/** A copy that an import brought and that waits for secrets. */
export type WaitingCopy = AnswerOf<typeof imports.waiting>['rows'][number];
/** A copy in an account below. */
export type ProductCopy = AnswerOf<typeof imports.copies>['rows'][number];
