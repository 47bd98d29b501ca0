import type { AccountId, RowId } from '@tenantree/domain';
import type { ClashAnswer, ImportPlan, ImportsSource, ImportWish, KindKey, PlannedItem } from './imports-source.ts';

/** The steps of an import, in their order. */
export const STEPS = ['select', 'resolve', 'preview', 'import'] as const;
export type Step = (typeof STEPS)[number];

/** A product that was chosen. */
export type Chosen = {
  readonly kind: KindKey;
  readonly name: string;
  /** Which parts; null: all of it. */
  readonly parts: readonly string[] | null;
};

/** What another product of a target is called, too. */
export type Clash = {
  readonly item: PlannedItem;
  /** Accounts in which that is so. */
  readonly accounts: readonly { readonly id: AccountId; readonly name: string }[];
};

/** How far somebody is with an import. */
export type Draft = {
  /** Where it comes from. */
  readonly from: AccountId;
  readonly step: Step;
  readonly chosen: ReadonlyMap<RowId, Chosen>;
  /** Questions that came up, by product. */
  readonly clashes: ReadonlyMap<RowId, Clash>;
  /** Answers to them, by product or by kind. */
  readonly answers: ReadonlyMap<RowId | KindKey, ClashAnswer>;
  /** What is answered otherwise for one of several accounts. */
  readonly exceptions: ReadonlyMap<`${RowId} ${AccountId}`, ClashAnswer>;
  /** Where the source's is to stand in a copy that is updated. */
  readonly takes: ReadonlyMap<`${RowId} ${AccountId}`, ReadonlySet<string>>;
  /** Secrets that are given, by product and place: they are sent when the plan is run, and kept no longer. */
  readonly secrets: ReadonlyMap<`${RowId} ${string}`, string>;
  readonly plan: ImportPlan | null;
  /** What is other than it was shown before; null: nothing. */
  readonly stale: readonly string[] | null;
  /** The import that runs or ran, or how it is taken back. */
  readonly job: RowId | null;
};

export const newDraft = (from: AccountId): Draft => ({
  from,
  step: 'select',
  chosen: new Map(),
  clashes: new Map(),
  answers: new Map(),
  exceptions: new Map(),
  takes: new Map(),
  secrets: new Map(),
  plan: null,
  stale: null,
  job: null,
});

type Answer = NonNullable<ImportWish['answers']>[number];

const DRAFTS = new WeakMap<ImportsSource, Map<string, Draft>>();

/** What was begun and not done yet: it outlives the screen. */
export function draftsOf(source: ImportsSource): Map<string, Draft> {
  const known = DRAFTS.get(source) ?? new Map<string, Draft>();
  DRAFTS.set(source, known);
  return known;
}

/** What was said about something of which another product has the name, for all accounts: of itself, or of all of its kind. */
export const answerTo = ({ answers }: Draft, { product, kind }: PlannedItem): ClashAnswer | undefined =>
  answers.get(product) ?? answers.get(kind);

/** What was said for one account alone, about a product. */
export const exceptionIn = (
  { exceptions }: Draft,
  { product }: PlannedItem,
  account: AccountId,
): ClashAnswer | undefined => exceptions.get(`${product} ${account}`);

/** What becomes of a product in each account where another one has its name, each once. */
export function answersIn(draft: Draft, { item, accounts }: Clash): ReadonlySet<ClashAnswer | undefined> {
  return new Set(accounts.map(({ id }) => exceptionIn(draft, item, id) ?? answerTo(draft, item)));
}

/** Questions that nobody answered, for one account or more. */
export const openOf = (draft: Draft): readonly Clash[] =>
  [...draft.clashes.values()].filter((clash) => answersIn(draft, clash).has(undefined));

/** The answers to what is asked. */
function answered(draft: Draft): Answer[] {
  const { answers, clashes } = draft;
  const kinds = new Map([...clashes.values()].map(({ item }) => [item.kind as string, item.kind]));
  const common = [...answers].flatMap(([about, as]): Answer[] => {
    const kind = kinds.get(about);
    const clash = clashes.get(about as RowId);
    if (kind) return [{ kind, as }];
    return clash ? [{ product: clash.item.product, as }] : [];
  });
  const others = [...clashes.values()].flatMap(({ item, accounts }) =>
    accounts.flatMap(({ id: target }): Answer[] => {
      const as = exceptionIn(draft, item, target);
      return as ? [{ product: item.product, target, as }] : [];
    }),
  );
  return [...common, ...others];
}

/** What is asked for. @param isAnswered without answers, a plan shows every question */
export function wishOf(draft: Draft, targets: readonly { readonly id: AccountId }[], isAnswered: boolean): ImportWish {
  const { chosen, takes } = draft;
  return {
    targets: targets.map(({ id }) => id),
    products: [...chosen].map(([product, { parts }]) => ({ product, ...(parts && { parts: [...parts] }) })),
    answers: isAnswered ? answered(draft) : [],
    takes: [...takes].flatMap(([key, at]) => {
      const [product, target] = key.split(' ') as [RowId, AccountId];
      return at.size > 0 ? [{ product, target, at: [...at] }] : [];
    }),
  };
}

/** A secret that something waits for, and the value that was given for it; empty: none was. */
export type WaitingSecret = { readonly item: PlannedItem; readonly at: string; readonly value: string };

/** The secrets that what comes waits for in one account or another, each once. */
export function secretsIn({ secrets }: Draft, { targets }: ImportPlan): readonly WaitingSecret[] {
  const found = new Map<string, WaitingSecret>();
  for (const item of targets.flatMap(({ items }) => items))
    for (const at of item.act === 'use_existing' ? [] : item.needsValue) {
      const key = `${item.product} ${at}` as const;
      found.set(key, { item, at, value: secrets.get(key) ?? '' });
    }
  return [...found.values()];
}

/** The questions of a plan, by product, with others that came up before. */
export function clashesIn({ targets }: ImportPlan, before: Draft['clashes'] = new Map()): Map<RowId, Clash> {
  const clashes = new Map(before);
  for (const { account, items } of targets)
    for (const item of items) {
      const { accounts = [] } = clashes.get(item.product) ?? {};
      if (item.act === 'clash')
        clashes.set(item.product, { item, accounts: [...accounts.filter(({ id }) => id !== account.id), account] });
    }
  return clashes;
}

/** One of several accounts' rows of the same product, or of whatever is told apart, and in how many accounts it is so. */
export function across<Row extends { readonly product: RowId }>(
  plan: ImportPlan,
  rowsOf: (target: ImportPlan['targets'][number]) => readonly Row[],
  keyOf: (row: Row) => string = ({ product }) => product,
): readonly { readonly row: Row; readonly accounts: number }[] {
  const found = new Map<string, { row: Row; accounts: number }>();
  for (const target of plan.targets)
    for (const row of rowsOf(target)) {
      const key = keyOf(row);
      const known = found.get(key);
      if (known) known.accounts += 1;
      else found.set(key, { row, accounts: 1 });
    }
  return [...found.values()];
}
