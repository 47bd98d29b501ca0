import { refusalOf, type Tenantree } from '@tenantree/client';
import type { AnswerOf, CONTRACT, RolloutToStart, RolloutView } from '@tenantree/contract';
import type { AccountId, RowId } from '@tenantree/domain';
import { call } from '../data/call.ts';
import { type LiveReader, SourceRefusal } from '../data/refusals.ts';

export type { RolloutStageView, RolloutView } from '@tenantree/contract';

type Copies = AnswerOf<(typeof CONTRACT)['imports']['copies']>;
/** The copy of a product in an account below. */
export type CopyRow = Copies['rows'][number];
/** A product that others have copies of. */
export type CopiedProduct = {
  readonly account: AccountId;
  readonly kind: RolloutToStart['kind'];
  readonly product: RowId;
};
/** In what stages a roll-out goes. */
export type WishedStages = NonNullable<RolloutToStart['stages']>;

/** Where the screen of copies gets them from and sends changes to. Every promise rejects with a `SourceRefusal`. */
export type CopiesSource = {
  /** @param version only those of one; null: of all */
  readonly copies: (
    of: CopiedProduct,
    query: { readonly version: number | null; readonly cursor: string | null; readonly limit: number },
    signal?: AbortSignal,
  ) => Promise<Copies>;
  /** The roll-out that goes on, or the last one. */
  readonly rollout: (of: CopiedProduct, signal?: AbortSignal) => Promise<RolloutView | null>;
  readonly start: (of: CopiedProduct, stages: WishedStages) => Promise<RolloutView>;
  /** @param failed what becomes of accounts that failed */
  readonly goOn: (of: CopiedProduct, rollout: RowId, failed: 'left' | 'again') => Promise<RolloutView>;
  readonly cancel: (of: CopiedProduct, rollout: RowId) => Promise<RolloutView>;
  readonly rollBack: (of: CopiedProduct, rollout: RowId, stage: number) => Promise<RolloutView>;
  /** Tells how a roll-out goes. Returns how to stop. */
  readonly follow: (of: CopiedProduct, rollout: RowId, reader: LiveReader<RolloutView>) => () => void;
};

/** Copies from a Tenantree server. */
export function copiesFrom({ trpc: { imports, rollouts } }: Pick<Tenantree, 'trpc'>): CopiesSource {
  return {
    copies: (of, { version, cursor, limit }, signal) =>
      call(
        imports.copies.query,
        { ...of, limit, ...(version !== null && { version }), ...(cursor !== null && { cursor }) },
        signal,
      ),
    rollout: async (of, signal) => (await call(rollouts.list.query, { ...of, limit: 1 }, signal)).rows[0] ?? null,
    start: async (of, stages) => (await call(rollouts.start.mutate, { ...of, stages })).rollout,
    goOn: async ({ account, kind }, rollout, failed) =>
      (await call(rollouts.goOn.mutate, { account, kind, rollout, failed })).rollout,
    cancel: async ({ account, kind }, rollout) =>
      (await call(rollouts.cancel.mutate, { account, kind, rollout })).rollout,
    rollBack: async ({ account, kind }, rollout, stage) =>
      (await call(rollouts.rollBack.mutate, { account, kind, rollout, stage })).rollout,
    follow: ({ account, kind }, rollout, { onFrame, onRefused }) => {
      const subscription = rollouts.live.subscribe(
        { account, kind, rollout },
        { onData: ({ data }) => onFrame(data), onError: (error) => onRefused(new SourceRefusal(refusalOf(error))) },
      );
      return () => subscription.unsubscribe();
    },
  };
}
