import type { AccountId, KeyId, Levels, Refusal, RowId, UserId } from '@tenantree/domain';

/** Other caps that an account might have. */
export type SupposedCaps = { readonly account: AccountId; readonly caps: Levels };

/** What still entitles a viewer to its stream: where the watched account stands now, and when to ask again at the latest. */
export type Entitlement = {
  readonly path: readonly AccountId[];
  readonly changesAtMs: number | null;
  /** Whether they would still be let in; without it, caps are nothing to them. */
  readonly holdsWith?: (supposed: SupposedCaps) => boolean;
};

/** Somebody who watches, as the hub knows them. */
export type Viewer = Entitlement & {
  /** The same for all streams of one actor to one account with one need: they are asked about once. */
  readonly key: string;
  readonly user: UserId | null;
  readonly session: string | null;
  readonly apiKey: KeyId | null;
  readonly token: RowId | null;
  /** Whose turn its reads take: all streams of one person, key or embedded screen are one. */
  readonly turn: string;
  /** Asks again whether the viewer may watch; the refusal becomes the stream's error. */
  readonly ask: () => Promise<Entitlement | Refusal>;
};

/** What the hub counts, by the names of channels. */
export type LiveMetrics = {
  /** A viewing began (+1) or ended (-1). */
  viewings(channel: string, change: 1 | -1): void;
  /** Frames written to sockets or handed to event streams. @param bytes what the hub itself wrote: none for event streams */
  frames(channel: string, count: number, bytes: number): void;
  /** A reader was over its buffer bound at a tick, and was skipped. */
  skipped(): void;
  /** A viewing was cut because its access ended. */
  revoked(): void;
};
