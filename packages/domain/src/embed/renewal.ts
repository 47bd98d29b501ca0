import { type Instant, instantOf, msOf } from '../time.ts';

/** Part of its time after which a page asks for the next session. */
const RENEWED_AT = 0.8;

/** When the page of a session asks for the next one: the rest of its time is for when there is none at once (rules/keys 7). */
export const renewalOf = (openedAt: Instant, expiresAt: Instant): Instant =>
  instantOf(msOf(openedAt) + Math.floor((msOf(expiresAt) - msOf(openedAt)) * RENEWED_AT));
