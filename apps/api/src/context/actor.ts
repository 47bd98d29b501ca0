import type { AccountId, Instant, KeyId, RowId, UserId } from '@tenantree/domain';

/** A signed-in person. */
export type Person = {
  readonly kind: 'person';
  readonly user: UserId;
  readonly name: string;
  readonly email: string;
  readonly sessionId: string;
  /** When the person last gave the password in this session. */
  readonly provedAt: Instant;
};

/** A program with an API key of an account. It can do what the key's owner can do there, and no more. */
export type KeyActor = {
  readonly kind: 'key';
  readonly key: KeyId;
  readonly account: AccountId;
  readonly owner: UserId;
  readonly name: string;
  readonly expiresAt: Instant | null;
};

/** An embedded screen, on one origin, for one user of a reseller. It can do no more than the key it was made with. */
export type EmbedActor = {
  readonly kind: 'embed';
  readonly token: RowId;
  readonly account: AccountId;
  readonly key: { readonly id: KeyId; readonly account: AccountId; readonly owner: UserId };
  readonly access: 'read' | 'full';
  readonly origin: string;
  readonly userRef: string;
  readonly expiresAt: Instant;
};

/** Who calls. */
export type Actor = Person | KeyActor | EmbedActor;

/** The person an actor is, or acts for. */
export const userOf = (actor: Actor): UserId =>
  actor.kind === 'person' ? actor.user : actor.kind === 'key' ? actor.owner : actor.key.owner;

/** When an actor's credential ends by itself; null: not by time. */
export const expiryOf = (actor: Actor): Instant | null => (actor.kind === 'person' ? null : actor.expiresAt);
