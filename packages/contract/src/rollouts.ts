import type { RowId } from '@tenantree/domain';
import { PRODUCT_KINDS, type ProductKindKey, ROLLOUT_STATES } from '@tenantree/domain/products';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import { type AnswerOf, mutation, ofKind, query, type SentTo, screensFor, subscription } from './procedure.ts';
import * as shapes from './shapes.ts';

const SCREENS = screensFor('products');
const kind = z.enum(PRODUCT_KINDS.map((one) => one.kind) as [ProductKindKey, ...ProductKindKey[]]);
const asked = z.strictObject({ account: inputs.account, kind, rollout: inputs.id<RowId>('rollout') });
/** Accounts at the most that a stage names. */
const MOST_NAMED = 500;

/** `manual`: somebody has to say that the next one may begin; or it begins so many hours after this one. */
const gate = z.union([z.literal('manual'), z.strictObject({ afterHours: z.number().int().min(0).max(720) })]);
/** Which accounts: so many, a part of all (percent), or these. */
const size = {
  accounts: z.union([z.number().int().min(1).max(100_000), z.array(inputs.account).min(1).max(MOST_NAMED)]).optional(),
  percent: z.number().int().min(1).max(100).optional(),
};
const wishedStage = z
  .strictObject({ ...size, gate: gate.default('manual') })
  .refine(({ accounts, percent }) => (accounts === undefined) !== (percent === undefined), {
    message: 'Give accounts, or percent.',
  });

const stage = z.strictObject({
  /** From 1. */
  n: shapes.count,
  /** How many accounts it is for. */
  accounts: shapes.count,
  gate: z.union([z.literal('manual'), z.strictObject({ afterHours: shapes.count })]),
  /** `waiting`: it begins at `startsAt`. */
  state: z.enum(['pending', 'waiting', 'running', 'ended']),
  /** Accounts whose copy was brought to the version. */
  done: shapes.count,
  /** Of those: where a place stayed as it is there, as both sides changed it. */
  conflicts: shapes.count,
  /** Accounts that had it already, or whose copy is none any more. */
  skipped: shapes.count,
  failed: shapes.count,
  startsAt: shapes.instant.nullable(),
  endedAt: shapes.instant.nullable(),
  /** The last of the jobs that did it. */
  job: shapes.rowId.nullable(),
  /** Jobs that took it back; none: nobody did. */
  rolledBack: shapes.list(shapes.rowId),
  /** Why accounts failed, 50 at the most. */
  failures: shapes.list(z.strictObject({ account: shapes.accountName, error: shapes.refusal })),
});

const rollout = z.strictObject({
  id: shapes.rowId,
  kind,
  product: shapes.rowId,
  /** As it was called when it began. */
  name: z.string(),
  version: shapes.count,
  /** It stops after so many failures in a stage. */
  stopOn: shapes.count,
  /** `waiting`: for the next stage; `stopped`: too many failed, and it goes on when somebody says so. */
  state: z.enum(ROLLOUT_STATES),
  /** The stage that goes on, or is next. */
  stage: shapes.count,
  startedBy: z.string(),
  createdAt: shapes.instant,
  endedAt: shapes.instant.nullable(),
  stages: shapes.list(stage),
});
const one = z.strictObject({ rollout });

export const rollouts = {
  start: mutation({
    says: 'Brings the copies of a product in accounts below to a version of it, some accounts first; it stops at the first failure.',
    needs: ofKind('write', 'change', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      kind,
      product: inputs.id<RowId>('product'),
      /** Without: the present one. */
      version: z.number().int().min(1).max(2_147_483_647).optional(),
      /** Without: three accounts, then, when somebody says so, the rest. Whatever no stage is for is the last one's. */
      stages: z.array(wishedStage).min(1).max(20).optional(),
      stopOn: z.number().int().min(1).max(100_000).default(1),
    }),
    output: one,
    refusals: ['ROLLOUT_GOES_ON'],
  }),

  get: query({
    says: 'A roll-out: how far each of its stages is, and what failed.',
    needs: ofKind('read', 'read', SCREENS),
    input: asked,
    output: one,
  }),

  list: query({
    says: 'The roll-outs of a product, the latest first.',
    needs: ofKind('read', 'read', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      kind,
      product: inputs.id<RowId>('product'),
      cursor: inputs.cursor,
      limit: inputs.limit(50),
    }),
    output: shapes.pageOf(rollout),
  }),

  live: subscription({
    says: 'How a roll-out goes: as it is, and whenever that differs.',
    needs: ofKind('read', 'read', SCREENS),
    input: asked.extend({ lastEventId: inputs.lastEventId }),
    output: rollout,
  }),

  goOn: mutation({
    says: 'Lets a roll-out go on that waits or stopped: with the next stage, or with what is left of the one that stopped.',
    needs: ofKind('write', 'change', SCREENS),
    input: asked.extend({
      /** What becomes of accounts that failed in the stage that stopped. */
      failed: z.enum(['left', 'again']).default('left'),
    }),
    output: one,
    refusals: ['ROLLOUT_GOES_ON', 'ROLLOUT_ENDED'],
  }),

  cancel: mutation({
    says: 'Stops a roll-out: nothing more of it begins, what is done stays.',
    needs: ofKind('write', 'change', SCREENS),
    input: asked,
    output: one,
  }),

  rollBack: mutation({
    says: 'Takes a stage of a roll-out back, as jobs: each copy that nobody touched since becomes what it was, and nothing more of the roll-out begins.',
    needs: ofKind('write', 'change', SCREENS),
    input: asked.extend({ stage: z.number().int().min(1).max(100) }),
    output: one,
    refusals: ['ROLLOUT_GOES_ON', 'NOT_UNDOABLE'],
  }),
};

/** A roll-out, as far as it is. */
export type RolloutView = AnswerOf<typeof rollouts.get>['rollout'];
/** A stage of one. */
export type RolloutStageView = RolloutView['stages'][number];
/** What a roll-out is begun with. */
export type RolloutToStart = SentTo<typeof rollouts.start>;
