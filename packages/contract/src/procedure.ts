import {
  type EmbedFeature,
  type ErrorCode,
  highestOf,
  type Level,
  type PermissionKey,
  type RoleRight,
  type Work,
} from '@tenantree/domain';
import { type ProductKindKey, productKind } from '@tenantree/domain/products';
import type { z } from 'zod';
import { type Schema, schemaOf } from './schema.ts';

/** Who can call at all: a signed-in person, a program with an API key, an embedded screen. */
export type ActorKind = 'person' | 'key' | 'embed';

/** Who may call a procedure, as far as it depends on what they are. */
export type Callers<Kind extends ActorKind = ActorKind> = {
  readonly kinds: readonly Kind[];
  /** Which embedded screens: every one, or those that were opened for one of these features. */
  readonly screens: 'every' | readonly EmbedFeature[];
};

/** Never what makes a credential, or what hands out more than the screen has: positive lists, so that a new procedure is no screen's. */
export const PEOPLE_AND_KEYS: Callers<'person' | 'key'> = { kinds: ['person', 'key'], screens: [] };
export const PEOPLE: Callers<'person'> = { kinds: ['person'], screens: [] };
export const KEYS: Callers<'key'> = { kinds: ['key'], screens: [] };
export const EVERYBODY: Callers = { kinds: ['person', 'key', 'embed'], screens: 'every' };
/** People, keys, and the screens that were opened for one of these features. */
export const screensFor = (...screens: readonly EmbedFeature[]): Callers => ({ ...EVERYBODY, screens });

/** Anybody may call it, and is asked nothing; says why. */
export type Public = { readonly kind: 'public'; readonly why: string };
/** Whoever is recognised may call it; it touches no account's data but the caller's own. */
export type SignedIn<By extends ActorKind = ActorKind> = { readonly kind: 'signed_in'; readonly callers: Callers<By> };
/** A permission in the acting account, which the input names as `account`. */
export type InAccount<By extends ActorKind = ActorKind> = {
  readonly kind: 'account';
  /** Where the permission is asked for: in the account; for what is done to it from above, in its parent; for what lowers its bill, at a seller. */
  readonly at: 'account' | 'parent' | 'seller';
  readonly permission: PermissionKey;
  readonly level: Level;
  readonly work: Work;
  readonly callers: Callers<By>;
  /** Another permission that it takes at the same place, in full. */
  readonly also?: PermissionKey;
  /** Asks a person for the password again when it was given more than 15 minutes ago (rules/people 11). */
  readonly proof?: 'recent';
  /** What is done to products: the permission is that of their kind, which the input names as `kind`. */
  readonly products?: 'read' | 'write' | 'delete';
  /** A right of the role alone that it takes, too (rules/permissions 5). */
  readonly right?: RoleRight;
};
/** What a procedure needs. */
export type Needs = Public | SignedIn | InAccount;

/** For whoever is recognised. */
export const signedIn = <By extends ActorKind>(callers: Callers<By>): SignedIn<By> => ({ kind: 'signed_in', callers });

const at =
  (place: InAccount['at']) =>
  <By extends ActorKind>(permission: PermissionKey, level: Level, work: Work, callers: Callers<By>): InAccount<By> => ({
    kind: 'account',
    at: place,
    permission,
    level,
    work,
    callers,
  });

/** A permission in the account itself. */
export const inAccount = at('account');
/** A permission in the account above, for what is done to an account from there. */
export const fromAbove = at('parent');
/** A permission at whoever sends the bill, for what lowers it: never in the account that is billed (rules/permissions 12). */
export const fromSeller = at('seller');
/** Reaching the account is enough. */
export const reach = <By extends ActorKind>(work: Work, callers: Callers<By>): InAccount<By> =>
  inAccount('account', 'none', work, callers);
/** Two permissions at one place. */
export const together = <By extends ActorKind>(needs: InAccount<By>, also: PermissionKey): InAccount<By> => ({
  ...needs,
  also,
});
/** What a stranger at an open screen must not do. */
export const proved = <By extends ActorKind>(needs: InAccount<By>): InAccount<By> => ({ ...needs, proof: 'recent' });

/** The permission of whichever kind of product it is about, in the account itself: what is needed is said by `inKind`. */
export const ofKind = <By extends ActorKind>(
  products: NonNullable<InAccount['products']>,
  work: Work,
  callers: Callers<By>,
): InAccount<By> => ({ ...reach(work, callers), products });

/** What is needed for one kind of product (rules/products 4). What nobody writes nobody may; what the role alone deletes only has to be seen. */
export function inKind<By extends ActorKind>(
  { products, ...needs }: InAccount<By>,
  key: ProductKindKey,
): InAccount<By> {
  const { rows, deleteRight } = productKind(key);
  if (products === 'delete' && deleteRight)
    return { ...needs, permission: rows.read, level: 'read', right: deleteRight };
  if (products === 'read' || rows.write === null)
    return { ...needs, permission: rows.read, level: products === 'read' ? 'read' : 'full' };
  return { ...needs, permission: rows.write, level: highestOf(rows.write) };
}

export type ProcedureKind = 'query' | 'mutation' | 'subscription';

/**
 * All that is agreed of one procedure. The guard, the types of router and client, the documentation and the walks of the tests are made from
 * it; nothing of it is said anywhere else.
 */
export type Procedure<
  Kind extends ProcedureKind = ProcedureKind,
  Need extends Needs = Needs,
  Sent = unknown,
  Parsed = unknown,
  Answer = unknown,
> = {
  readonly kind: Kind;
  /** What it does, for the documentation: one sentence. */
  readonly says: string;
  readonly needs: Need;
  readonly input: Schema<Parsed, Sent>;
  /** What it answers; of a subscription, what one frame holds. Checked in tests, typed in production. */
  readonly output: Schema<Answer>;
  /** What only this procedure, of those with such needs, refuses: see `refusalsOf`. */
  readonly refusals: readonly ErrorCode[];
  /** The answer has a secret that is shown once: it is not kept for a repeat of the call (rules/server 8). */
  readonly secret?: 'shown once';
  /** The entries of its list are read one by one, so that a bad one never loses the others: nothing looks at the whole before. */
  readonly reads?: 'one by one';
};

/** What somebody sends to a procedure. */
export type SentTo<P> = P extends Procedure<infer _Kind, infer _Need, infer Sent> ? Sent : never;
/** What a procedure's function is given of it. */
export type ParsedOf<P> = P extends Procedure<infer _Kind, infer _Need, infer _Sent, infer Parsed> ? Parsed : never;
/** What a procedure answers; a subscription, in each frame. */
export type AnswerOf<P> =
  P extends Procedure<infer _Kind, infer _Need, infer _Sent, infer _Parsed, infer Answer> ? Answer : never;

type Parts<Need extends Needs, Input, Output> = Omit<
  Procedure<ProcedureKind, Need>,
  'kind' | 'input' | 'output' | 'refusals'
> & {
  readonly input: Input;
  readonly output: Output;
  readonly refusals?: readonly ErrorCode[];
};

const declare =
  <Kind extends ProcedureKind>(kind: Kind) =>
  <Need extends Needs, Input extends z.core.$ZodType, Output extends z.core.$ZodType>({
    input,
    output,
    refusals = [],
    ...rest
  }: Parts<Need, Input, Output>): Procedure<Kind, Need, z.input<Input>, z.output<Input>, z.output<Output>> => ({
    ...rest,
    kind,
    input: schemaOf(input),
    output: schemaOf(output),
    refusals,
  });

/** Reads, and changes nothing. */
export const query = declare('query');
/** Changes something; a repeat with the same idempotency key changes it once (rules/server 8). */
export const mutation = declare('mutation');
/** Answers frames until it is ended. */
export const subscription = declare('subscription');

/** What any call may be refused with. */
const ANY_CALL = ['BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'INTERNAL', 'UNAVAILABLE'] as const;
/** Work that a closed account still admits. */
const WHEN_CLOSED: ReadonlySet<Work> = new Set<Work>(['read', 'restore', 'usage', 'transfer']);

/** Everything that a procedure can refuse: what comes with its needs and its kind, then its own. */
export function refusalsOf({ kind, needs, refusals, secret }: Procedure): readonly ErrorCode[] {
  const codes: ErrorCode[] = [...ANY_CALL];
  if (needs.kind !== 'public') {
    codes.push('UNAUTHORIZED', 'FORBIDDEN');
    if (!needs.callers.kinds.includes('embed') || needs.callers.screens !== 'every') codes.push('FEATURE_NOT_ALLOWED');
  }
  if (needs.kind === 'account') {
    codes.push('NOT_FOUND', 'ACCOUNT_SUSPENDED');
    if (!WHEN_CLOSED.has(needs.work)) codes.push('ACCOUNT_CLOSED');
    if (needs.proof) codes.push('REAUTHENTICATION_REQUIRED');
  }
  if (kind === 'mutation') codes.push('IDEMPOTENCY_CONFLICT', 'IDEMPOTENCY_IN_PROGRESS');
  if (secret) codes.push('SECRET_SHOWN_ONCE');
  return [...new Set([...codes, ...refusals])];
}
