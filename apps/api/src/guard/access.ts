import type { EmbedFeature, EmbedGrant, Level, PermissionKey, Refusal, Work } from '@tenantree/domain';

/** What a procedure needs. */
export type AccessRule =
  /** Anybody may call it; says why. */
  | { readonly kind: 'public'; readonly why: string }
  /** Whoever is recognised may call it; it touches no account's data but the caller's own. */
  | { readonly kind: 'signed_in' }
  /** A permission in the acting account; for what is done to an account from above, in its parent; for what lowers its bill, at a seller. */
  | {
      readonly kind: 'account';
      readonly at: 'account' | 'parent' | 'seller';
      readonly permission: PermissionKey;
      readonly level: Level;
      readonly work: Work;
      /** Asks a person for the password again when it was given more than 15 minutes ago (reliability.md 5). */
      readonly proof?: 'recent';
    };

const inAccount = (permission: PermissionKey, level: Level, work: Work): AccessRule => ({
  kind: 'account',
  at: 'account',
  permission,
  level,
  work,
});
const fromAbove = (permission: PermissionKey, level: Level, work: Work): AccessRule => ({
  kind: 'account',
  at: 'parent',
  permission,
  level,
  work,
});
/** What lowers a bill, at whoever sends it: never in the account that is billed (decisions.md 5). */
const fromSeller = (permission: PermissionKey, level: Level, work: Work): AccessRule => ({
  kind: 'account',
  at: 'seller',
  permission,
  level,
  work,
});
/** What a stranger at an open screen must not do. */
const proved = <Rule extends AccessRule>(rule: Rule) => ({ ...rule, proof: 'recent' as const });
/** Reaching the account is enough. */
const reach = (work: Work): AccessRule => inAccount('account', 'none', work);

/**
 * Every procedure and what it needs, in one place (product.md 3.7). The guard finds a procedure's rule here by its path;
 * a procedure without one can't be called, and a test walks both lists.
 */
export const ACCESS = {
  'setup.status': { kind: 'public', why: 'The first-run screen asks before anybody exists.' },
  'setup.claim': { kind: 'public', why: 'Needs the one-time link that the server printed.' },
  'session.me': { kind: 'signed_in' },
  'session.rename': { kind: 'signed_in' },
  'session.list': { kind: 'signed_in' },
  'session.end': { kind: 'signed_in' },
  'session.endAll': { kind: 'signed_in' },
  'accounts.createMain': { kind: 'signed_in' },
  'accounts.create': inAccount('account.subaccounts', 'full', 'create'),
  'accounts.get': reach('read'),
  'accounts.list': inAccount('account.subaccounts', 'read', 'read'),
  'accounts.search': inAccount('account.subaccounts', 'read', 'read'),
  'accounts.live': inAccount('account.subaccounts', 'read', 'read'),
  'accounts.rename': inAccount('account.settings', 'full', 'change'),
  'accounts.setMetadata': inAccount('account.settings', 'full', 'change'),
  'accounts.previewSuspension': fromAbove('account.subaccounts', 'full', 'read'),
  'accounts.suspend': fromAbove('account.subaccounts', 'full', 'change'),
  'accounts.reactivate': fromAbove('account.subaccounts', 'full', 'restore'),
  'accounts.close': fromAbove('account.subaccounts', 'full', 'change'),
  'accounts.reopen': fromAbove('account.subaccounts', 'full', 'restore'),
  'accounts.setProtection': fromAbove('account.subaccounts', 'full', 'change'),
  'accounts.move': fromAbove('account.subaccounts', 'full', 'change'),
  'accounts.enter': reach('read'),
  'accounts.leave': reach('read'),
  'agents.create': inAccount('agents.general', 'full', 'create'),
  'agents.list': inAccount('agents.general', 'read', 'read'),
  // Which jobs, and what it takes to stop one, is what it took to ask for them (jobs/define-job.ts).
  'jobs.list': reach('read'),
  'jobs.get': reach('read'),
  'jobs.live': reach('read'),
  'jobs.cancel': reach('change'),
  'members.list': inAccount('account.members', 'read', 'read'),
  'members.invite': inAccount('account.members', 'full', 'change'),
  'members.revokeInvitation': inAccount('account.members', 'full', 'change'),
  'members.setRole': inAccount('account.members', 'full', 'change'),
  'members.remove': inAccount('account.members', 'full', 'change'),
  'members.leave': reach('change'),
  'members.invitation': { kind: 'public', why: 'Needs the secret of the invitation, which proves the address.' },
  'members.acceptInvitation': { kind: 'public', why: 'Needs the secret of the invitation, which proves the address.' },
  'keys.list': inAccount('developers.apiKeys', 'read', 'read'),
  'keys.create': proved(inAccount('developers.apiKeys', 'full', 'create')),
  'keys.revoke': inAccount('developers.apiKeys', 'full', 'change'),
  'embed.createToken': inAccount('account.subaccounts', 'read', 'read'),
  'embed.list': inAccount('developers', 'read', 'read'),
  'embed.revoke': inAccount('developers', 'full', 'change'),
  'embed.origins': inAccount('developers', 'read', 'read'),
  'embed.setOrigins': proved(inAccount('developers', 'full', 'change')),
  'usage.record': inAccount('billing.usage', 'full', 'usage'),
  'usage.adjust': fromSeller('billing', 'full', 'change'),
  'usage.totals': inAccount('billing.usage', 'full', 'read'),
  'usage.series': inAccount('billing.usage', 'full', 'read'),
  'usage.export': inAccount('billing.usage', 'full', 'read'),
  'usage.live': inAccount('billing.usage', 'full', 'read'),
  'audit.list': inAccount('account.settings', 'read', 'read'),
  'audit.export': inAccount('account.settings', 'read', 'read'),
  'audit.verify': inAccount('account.settings', 'read', 'read'),
} as const satisfies Record<string, AccessRule>;

export type ProcedurePath = keyof typeof ACCESS;

/** The rule of a procedure. @throws Error for a procedure that nobody may call because it has none */
export function ruleOf(path: string): AccessRule {
  if (Object.hasOwn(ACCESS, path)) return ACCESS[path as ProcedurePath];
  throw new Error(`The procedure ${path} names no permission in guard/access.ts (product.md 3.7).`);
}

/**
 * What an embedded screen may call, by what it was opened for (integrators.md 7): positive lists, so that a new procedure is nobody's
 * until it is put here. Never what makes a credential or hands out more than the screen has: keys, embed, setup.
 */
export const SCREEN_PROCEDURES: Readonly<Record<'always' | EmbedFeature, readonly ProcedurePath[]>> = {
  always: ['session.me', 'accounts.get', 'accounts.list', 'accounts.search', 'accounts.live'],
  usage: ['usage.totals', 'usage.series', 'usage.export', 'usage.live'],
  switch: ['accounts.enter', 'accounts.leave'],
  create: ['accounts.create'],
  rename: ['accounts.rename'],
  suspend: ['accounts.previewSuspension', 'accounts.suspend', 'accounts.reactivate'],
  close: ['accounts.previewSuspension', 'accounts.close', 'accounts.reopen'],
  members: ['members.list', 'members.invite', 'members.revokeInvitation', 'members.setRole', 'members.remove'],
  activity: ['audit.list', 'audit.export'],
};

/** Why an embedded screen may not call a procedure; null: it may, as far as its permissions go. */
export function refusalToScreen({ access, features }: EmbedGrant, procedure: string): Refusal | null {
  const isListed = (['always', ...features] as const).some((feature) =>
    SCREEN_PROCEDURES[feature].some((path) => path === procedure),
  );
  if (!isListed) return { code: 'FEATURE_NOT_ALLOWED', message: 'This screen was not opened for this.' };
  const rule = ruleOf(procedure);
  return access === 'read' && rule.kind === 'account' && rule.work !== 'read'
    ? { code: 'FORBIDDEN', message: 'This screen was opened for reading only.' }
    : null;
}

/** Whether a procedure asks nobody who they are. */
export const isPublic = (path: string): boolean => Object.hasOwn(ACCESS, path) && ruleOf(path).kind === 'public';
