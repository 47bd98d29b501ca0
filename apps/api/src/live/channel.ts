import {
  type AccountId,
  type AccountRow,
  type AccountsFrame,
  type Decimal,
  type Instant,
  rowInPart,
  type UsageFrame,
} from '@tenantree/domain';

/** The present state of one account on a channel. State, never a delta: a later item of the same account takes the place of an earlier one. */
export type Item<State> = {
  readonly account: AccountId;
  /** Version of the tree that the state is of, at least. */
  readonly version: number;
  readonly state: State;
  /** The state as JSON, written once however many see it. */
  readonly text: string;
};

/** What a frame tells. */
export type Content<State> = {
  readonly items: readonly Item<State>[];
  /** More changed than it can tell. */
  readonly gap?: true;
};

const gapText = (gap: true | undefined): string => (gap ? ',"gap":true' : '');

/** How a channel's items become frames: as an object for whoever takes objects, as text for sockets. Both say the same. */
export type Channel<State, Frame> = {
  readonly name: 'usage' | 'accounts';
  frame(version: number, batch: Content<State>): Frame;
  /** The JSON of the frame behind its version: `"name":…,…}`. The same for all who are sent the same items, whatever their id. */
  body(batch: Content<State>): string;
  /** An item as it is for those who watch an account and don't see all that is above it. */
  inPart(item: Item<State>, within: AccountId): Item<State>;
};

/** Account, own minutes, minutes of its subtree. */
export type Minutes = readonly [AccountId, Decimal, Decimal];

/** The channel of `usage.live`. @param period start of the present billing period, asked for with every frame */
export const usageChannel = (period: () => Instant): Channel<Minutes, UsageFrame> => ({
  name: 'usage',
  frame: (version, { items, gap }) => ({
    version,
    period: period(),
    minutes: items.map((item) => item.state),
    ...(gap && { gap }),
  }),
  body: ({ items, gap }) =>
    `"period":"${period()}","minutes":[${items.map((item) => item.text).join(',')}]${gapText(gap)}}`,
  inPart: (item) => item,
});

/** A changed row, or null when the account left the watched subtree. */
export type Presence = AccountRow | null;

/** The channel of `accounts.live`. */
export const accountsChannel: Channel<Presence, AccountsFrame> = {
  name: 'accounts',
  frame: (version, { items, gap }) => ({
    version,
    changed: items.flatMap((item) => (item.state === null ? [] : [item.state])),
    gone: items.flatMap((item) => (item.state === null ? [item.account] : [])),
    ...(gap && { gap }),
  }),
  body: ({ items, gap }) => {
    const texts = (gone: boolean): string =>
      items
        .filter((item) => (item.state === null) === gone)
        .map((item) => item.text)
        .join(',');
    return `"changed":[${texts(false)}],"gone":[${texts(true)}]${gapText(gap)}}`;
  },
  inPart: (item, within) =>
    item.state === null ? item : accountItem(item.account, rowInPart(item.state, within), item.version),
};

/** One item of `usage.live`. */
export const usageItem = (account: AccountId, own: Decimal, total: Decimal, version: number): Item<Minutes> => {
  const state: Minutes = [account, own, total];
  return { account, version, state, text: JSON.stringify(state) };
};

/** One item of `accounts.live`. */
export const accountItem = (account: AccountId, state: Presence, version: number): Item<Presence> => ({
  account,
  version,
  state,
  text: JSON.stringify(state ?? account),
});
