import type { AccountId, EmbedGrant, Instant, KeyId, KeyTerms, Membership, RowId, UserId } from '@tenantree/domain';

/** A signed-in person. */
export type Person = {
  readonly kind: 'person';
  readonly user: UserId;
  readonly name: string;
  readonly email: string;
  readonly sessionId: string;
  /** When the session ends, unless it is used until then; null: there is none, a job acts for the person. */
  readonly expiresAt: Instant | null;
  /** When the person last gave the password in this session. */
  readonly provedAt: Instant;
};

/** A program with an API key of an account. It can do what the key's owner can do there, and no more than its terms and bounds leave. */
export type KeyActor = {
  readonly kind: 'key';
  readonly key: KeyId;
  readonly account: AccountId;
  readonly owner: UserId;
  readonly name: string;
  readonly expiresAt: Instant | null;
  readonly scopes: KeyTerms['scopes'];
  /** What it stands for, by its owner's present role (rules/keys 1). */
  readonly standing: Required<Membership>;
};

/** An embedded screen, on one origin, for one user of a reseller. It can do no more than the key it was made with, and only what it was opened for. */
export type EmbedActor = {
  readonly kind: 'embed';
  readonly token: RowId;
  readonly account: AccountId;
  readonly key: { readonly id: KeyId; readonly account: AccountId; readonly owner: UserId };
  readonly grant: EmbedGrant;
  readonly origin: string;
  readonly userRef: string;
  /** From when on its page is to have the next one. */
  readonly renewAfter: Instant;
  readonly expiresAt: Instant;
  readonly standing: Required<Membership>;
};

/** Who calls. */
export type Actor = Person | KeyActor | EmbedActor;

/** The person an actor is, or acts for. */
export const userOf = (actor: Actor): UserId =>
  actor.kind === 'person' ? actor.user : actor.kind === 'key' ? actor.owner : actor.key.owner;

/** The key that acts, or that an embedded screen was made with; what they make is recorded as made with it. */
export const keyOf = (actor: Actor): KeyId | null =>
  actor.kind === 'person' ? null : actor.kind === 'key' ? actor.key : actor.key.id;

/** Whose turn it is when an actor needs something of which there is little: all sessions of a person are one. */
export const turnOf = (actor: Actor): string =>
  actor.kind === 'person' ? actor.user : actor.kind === 'key' ? actor.key : actor.token;
