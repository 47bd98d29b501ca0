import { refusalOf, type Tenantree } from '@tenantree/client';
import type { AnswerOf, CONTRACT, ForeseenLimits, LimitsState, SentTo } from '@tenantree/contract';
import type { AccountId, MeteredKindKey } from '@tenantree/domain';
import { type LiveReader, SourceRefusal } from '../data/account-source.ts';
import { call } from '../data/call.ts';

export type { ForeseenLimits, Limit, LimitsState } from '@tenantree/contract';

type Procedures = (typeof CONTRACT)['limits'];

/** What an account may have or use of each kind, and what its new subaccounts begin with. */
export type Limits = AnswerOf<Procedures['get']>;
/** What new subaccounts begin with, of one kind. */
export type LimitDefault = Limits['defaults'][number];
/** What is to be set of one kind; what isn't named stays. */
export type LimitChange = SentTo<Procedures['set']>['limits'][number];
/** What is to be set as a default; `max` null: new subaccounts have no maximum of their own. */
export type DefaultChange = SentTo<Procedures['setDefaults']>['limits'][number];
/** Limits as they are once some were set, and what to set to have them as they were. */
export type SavedLimits = AnswerOf<Procedures['set']>;

export type WhatIf = AnswerOf<Procedures['whatIf']>;

/** Where the screen of limits gets them from and sends changes to. Every promise rejects with a `SourceRefusal`. */
export type LimitsSource = {
  readonly get: (account: AccountId, signal?: AbortSignal) => Promise<Limits>;
  /** The limits as they are, then as they change. Returns how to stop. */
  readonly follow: (account: AccountId, reader: LiveReader<LimitsState>) => () => void;
  /** Whether who looks may set limits of accounts right below one. */
  readonly managesBelow: (above: AccountId, signal?: AbortSignal) => Promise<boolean>;
  /** What setting limits of an account would come to, from one above it. */
  readonly preview: (
    above: AccountId,
    account: AccountId,
    changes: readonly LimitChange[],
    signal?: AbortSignal,
  ) => Promise<ForeseenLimits['limits']>;
  readonly set: (account: AccountId, changes: readonly LimitChange[]) => Promise<SavedLimits>;
  readonly setDefaults: (account: AccountId, defaults: readonly DefaultChange[]) => Promise<readonly LimitDefault[]>;
  readonly whatIf: (account: AccountId, kind: MeteredKindKey, max: number) => Promise<WhatIf>;
};

/** Limits from a Tenantree server. */
export function limitsFrom({ trpc: { accounts, limits } }: Pick<Tenantree, 'trpc'>): LimitsSource {
  return {
    get: (account, signal) => call(limits.get.query, { account }, signal),
    follow: (account, { onFrame, onRefused }) => {
      const subscription = limits.live.subscribe(
        { account },
        { onData: ({ data }) => onFrame(data), onError: (error) => onRefused(new SourceRefusal(refusalOf(error))) },
      );
      return () => subscription.unsubscribe();
    },
    managesBelow: async (account, signal) => {
      const { levels } = await call(accounts.get.query, { account }, signal);
      return levels['account.subaccounts'] === 'full';
    },
    preview: async (account, id, changes, signal) => {
      const asked = { account, accounts: [id], limits: [...changes] };
      return (await call(limits.preview.query, asked, signal)).accounts[0]?.limits ?? [];
    },
    set: (account, changes) => call(limits.set.mutate, { account, limits: [...changes] }),
    setDefaults: async (account, defaults) =>
      (await call(limits.setDefaults.mutate, { account, limits: [...defaults] })).defaults,
    whatIf: (account, kind, max) => call(limits.whatIf.query, { account, kind, max }),
  };
}
