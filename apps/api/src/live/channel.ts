import type { JournalNews } from '@tenantree/db';
import { type AccountId, type Instant, instantOf } from '@tenantree/domain';

/** The state of one account, and where the account stands. */
export type Placed<State> = {
  readonly account: AccountId;
  /** Root first, the account itself last. */
  readonly path: readonly AccountId[];
  readonly state: State;
};

/** An account that left a place: the path it had. It may live on elsewhere in the tree, or be erased. */
export type Gone = { readonly account: AccountId; readonly path: readonly AccountId[]; readonly version: number };

/** Which part of the state is read: of a subtree, or of some of its accounts, as far as it changed after a version (0: what there is). */
export type StateQuery = {
  readonly subtree: AccountId;
  readonly since: number;
  readonly only?: readonly AccountId[];
  /** With `only`: the accounts directly below these, too. Only of channels that tell what left. */
  readonly childrenOf?: readonly AccountId[];
};

/** What a channel is asked to read, at which instant and of which era. */
export type StateAsked = StateQuery & { readonly now: Instant; readonly era: Instant };

/** How far back a state goes. Everything up to `version` is in it; later changes may be. */
export type StateBounds = {
  readonly version: number;
  /** It holds what changed after this version; 0: all there is to tell, whatever its versions are. */
  readonly from: number;
  /** What changed since the version that was asked for is not known any more, or too much. */
  readonly gap: boolean;
};

/** A state as a channel reads it. */
export type ReadState<State> = StateBounds & {
  readonly placed: readonly (Placed<State> & { readonly version: number })[];
  /** What left; only of channels that tell it. */
  readonly gone: readonly Gone[];
  /** What was moved since, and all that stood or stand above it: who watches some accounts below one of these reads them anew. */
  readonly moved: readonly AccountId[];
};

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

/**
 * One kind of state that can be watched, declared by the slice that it belongs to. The hub knows nothing else of it.
 *
 * `Source` is what the channel reads from, and the same for all channels of a hub.
 */
export type Channel<Source, State, Frame extends object> = {
  /** In metrics, and between servers. */
  readonly name: string;
  /** Reads what the hub was not told: for viewers that begin or resume, and after changes in other servers. */
  read(source: Source, asked: StateAsked): Promise<ReadState<State>>;
  /** The accounts whose state a change in the journal is news of; null: who knows of which; undefined: none. Without, what happens there is no news here. */
  happened?(news: Pick<JournalNews, 'shows' | 'moved'>): readonly AccountId[] | null | undefined;
  /** The account below which a change in the journal is news of all states, though it tells of few accounts; without, of none. */
  touchedBelow?(news: Pick<JournalNews, 'rights'>): AccountId | undefined;
  /** A frame for whoever takes objects. `body` says the same. */
  frame(version: number, content: Content<State>, era: Instant): Frame;
  /** The JSON of the frame behind its version: `"name":…,…}`. The same for all who are sent the same items, whatever their id. */
  body(content: Content<State>, era: Instant): string;
  /** What an account looks like that left what is watched; without, the channel doesn't tell. */
  gone?(account: AccountId): State;
  /** A state as it is for those who watch an account and don't see all that is above it; without, it is the same for them. */
  inPart?(state: State, within: AccountId): State;
  /** When the span of time began that states at this instant are of. States of another one are worth nothing; without, there is but one. */
  era?(now: Instant): Instant;
};

/** Declares a channel. */
export const channel = <Source, State, Frame extends object>(
  declared: Channel<Source, State, Frame>,
): Channel<Source, State, Frame> => declared;

/** The era of channels that have but one. */
const ALWAYS: Instant = instantOf(0);

/** The era of a channel at an instant. */
export const eraOf = (of: Pick<Channel<never, unknown, object>, 'era'>, now: Instant): Instant =>
  of.era?.(now) ?? ALWAYS;

/** One item. */
export const itemOf = <State>(account: AccountId, state: State, version: number): Item<State> => ({
  account,
  version,
  state,
  text: JSON.stringify(state),
});

/** The end of a body: that more changed than it tells, if it did. */
export const endOf = ({ gap }: Content<unknown>): string => (gap ? ',"gap":true}' : '}');

/** The states of some items as JSON, without the brackets around them. */
export const textsOf = (items: readonly Item<unknown>[]): string => items.map((item) => item.text).join(',');
