import { readFileSync } from 'node:fs';
import { type AccountRow, type AccountsFrame, MAX_JSON_DEPTH, type UsageFrame } from '@tenantree/domain';
import type { inferRouterOutputs } from '@trpc/server';
import { describe, expect, it } from 'vitest';
import type { JobFrame } from '../src/jobs/watch-job.ts';
import { type AppRouter, appRouter } from '../src/router.ts';
import { BODY_BYTES } from '../src/wire/read-json.ts';
import { MOST_CALLS } from '../src/wire/trpc-http.ts';

type Outputs = inferRouterOutputs<AppRouter>;
type Item<T> = T extends readonly (infer One)[] ? One : never;
/** Every name that any of several forms has. */
type NameIn<T> = T extends unknown ? keyof T : never;

/** The names of a type's fields: one that is missing, or is no field, does not compile. */
const fieldsOf = <T>(names: Record<NameIn<T>, true>): string[] => Object.keys(names);

const ACCOUNT = {
  id: true,
  parentId: true,
  externalId: true,
  name: true,
  depth: true,
  status: true,
  suspension: true,
  protected: true,
  billingMode: true,
  children: true,
  subaccounts: true,
  members: true,
  agents: true,
  minutes: true,
  createdAt: true,
  closedAt: true,
} as const;
const account = fieldsOf<AccountRow>(ACCOUNT);
const created = fieldsOf<Outputs['accounts']['create']>({ account: true, created: true });
const page = { rows: true, nextCursor: true } as const;
const listed = { ...page, total: true, treeVersion: true, period: true } as const;

/** What every procedure answers; of subscriptions, what a frame holds. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  'accounts.create': created,
  'accounts.createMain': created,
  'accounts.get': fieldsOf<Outputs['accounts']['get']>({
    ...ACCOUNT,
    path: true,
    metadata: true,
    effective: true,
    payer: true,
    levelsBelow: true,
    keptDays: true,
    levels: true,
    features: true,
    treeVersion: true,
  }),
  'accounts.list': fieldsOf<Outputs['accounts']['list']>(listed),
  'accounts.search': fieldsOf<Outputs['accounts']['search']>({ ...listed, matches: true, more: true }),
  'accounts.live': fieldsOf<AccountsFrame>({ version: true, changed: true, gone: true, gap: true }),
  'accounts.rename': account,
  'accounts.setMetadata': fieldsOf<Outputs['accounts']['setMetadata']>({ metadata: true }),
  'accounts.previewSuspension': fieldsOf<Outputs['accounts']['previewSuspension']>({
    accounts: true,
    members: true,
    agents: true,
    sample: true,
  }),
  'accounts.suspend': account,
  'accounts.reactivate': account,
  'accounts.close': account,
  'accounts.reopen': account,
  'accounts.setProtection': account,
  'accounts.move': account,
  'accounts.enter': fieldsOf<Outputs['accounts']['enter']>({}),
  'accounts.leave': fieldsOf<Outputs['accounts']['leave']>({}),
  'agents.create': fieldsOf<Outputs['agents']['create']>({ agents: true, created: true }),
  'agents.list': fieldsOf<Outputs['agents']['list']>(page),
  'audit.list': fieldsOf<Outputs['audit']['list']>(page),
  'audit.export': fieldsOf<Outputs['audit']['export']>({ filename: true, csv: true, nextCursor: true }),
  'audit.verify': fieldsOf<Outputs['audit']['verify']>({ rows: true, faults: true, next: true }),
  'embed.createToken': fieldsOf<Outputs['embed']['createToken']>({
    id: true,
    token: true,
    expiresAt: true,
    renewAfter: true,
  }),
  'embed.list': fieldsOf<Outputs['embed']['list']>(page),
  'embed.revoke': fieldsOf<Outputs['embed']['revoke']>({ ended: true }),
  'embed.origins': fieldsOf<Outputs['embed']['origins']>({ origins: true, from: true }),
  'embed.setOrigins': fieldsOf<Outputs['embed']['setOrigins']>({ origins: true, from: true }),
  'jobs.list': fieldsOf<Outputs['jobs']['list']>(page),
  'jobs.get': fieldsOf<Outputs['jobs']['get']>({ job: true, items: true, nextCursor: true }),
  'jobs.live': fieldsOf<JobFrame>({
    state: true,
    total: true,
    done: true,
    skipped: true,
    failed: true,
    cancelAsked: true,
    etaSeconds: true,
  }),
  'jobs.cancel': fieldsOf<Outputs['jobs']['cancel']>({ job: true }),
  'keys.list': fieldsOf<Outputs['keys']['list']>({ keys: true }),
  'keys.create': fieldsOf<Outputs['keys']['create']>({
    id: true,
    key: true,
    prefix: true,
    expiresAt: true,
    scopes: true,
  }),
  'keys.revoke': fieldsOf<Outputs['keys']['revoke']>({}),
  'members.list': fieldsOf<Outputs['members']['list']>({ members: true, invitations: true }),
  'members.invite': fieldsOf<Outputs['members']['invite']>({ id: true, link: true, expiresAt: true }),
  'members.revokeInvitation': fieldsOf<Outputs['members']['revokeInvitation']>({}),
  'members.setRole': fieldsOf<Outputs['members']['setRole']>({}),
  'members.remove': fieldsOf<Outputs['members']['remove']>({}),
  'members.leave': fieldsOf<Outputs['members']['leave']>({}),
  'members.invitation': fieldsOf<Outputs['members']['invitation']>({ accountName: true, email: true, role: true }),
  'members.acceptInvitation': fieldsOf<Outputs['members']['acceptInvitation']>({ account: true }),
  'session.me': fieldsOf<Outputs['session']['me']>({ actor: true, user: true, accounts: true, home: true }),
  'session.rename': fieldsOf<Outputs['session']['rename']>({ name: true }),
  'session.list': fieldsOf<Outputs['session']['list']>({ sessions: true }),
  'session.end': fieldsOf<Outputs['session']['end']>({}),
  'session.endAll': fieldsOf<Outputs['session']['endAll']>({}),
  'setup.status': fieldsOf<Outputs['setup']['status']>({ claimed: true }),
  'setup.claim': fieldsOf<Outputs['setup']['claim']>({ account: true }),
  'usage.record': fieldsOf<Outputs['usage']['record']>({ results: true, accepted: true }),
  'usage.adjust': fieldsOf<Outputs['usage']['adjust']>({ status: true }),
  'usage.totals': fieldsOf<Outputs['usage']['totals']>({
    period: true,
    own: true,
    total: true,
    events: true,
    forecast: true,
  }),
  'usage.series': fieldsOf<Outputs['usage']['series']>({ points: true }),
  'usage.export': fieldsOf<Outputs['usage']['export']>({ filename: true, csv: true }),
  'usage.live': fieldsOf<UsageFrame>({ version: true, period: true, minutes: true, gap: true }),
};

/** What stands in the lists of answers. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  account,
  agent: fieldsOf<Item<Outputs['agents']['list']['rows']>>({ id: true, name: true, externalId: true }),
  entry: fieldsOf<Item<Outputs['audit']['list']['rows']>>({
    id: true,
    at: true,
    account: true,
    kind: true,
    action: true,
    sentence: true,
    actor: true,
    target: true,
    details: true,
    requestId: true,
  }),
  key: fieldsOf<Item<Outputs['keys']['list']['keys']>>({
    id: true,
    name: true,
    prefix: true,
    owner: true,
    createdAt: true,
    expiresAt: true,
    lastUsedAt: true,
    revokedAt: true,
    scopes: true,
    within: true,
    madeBy: true,
  }),
  member: fieldsOf<Item<Outputs['members']['list']['members']>>({
    userId: true,
    name: true,
    email: true,
    role: true,
    since: true,
  }),
  invitation: fieldsOf<Item<Outputs['members']['list']['invitations']>>({
    id: true,
    email: true,
    role: true,
    expiresAt: true,
    invitedBy: true,
  }),
  result: fieldsOf<Item<Outputs['usage']['record']['results']>>({
    status: true,
    code: true,
    message: true,
    field: true,
    retryable: true,
  }),
  point: fieldsOf<Item<Outputs['usage']['series']['points']>>({ start: true, key: true, quantity: true }),
  session: fieldsOf<Item<Outputs['session']['list']['sessions']>>({
    id: true,
    signedInAt: true,
    expiresAt: true,
    address: true,
    userAgent: true,
    isThis: true,
  }),
  'session of a screen': fieldsOf<Item<Outputs['embed']['list']['rows']>>({
    id: true,
    account: true,
    userRef: true,
    origins: true,
    grant: true,
    key: true,
    createdAt: true,
    expiresAt: true,
  }),
  job: fieldsOf<Item<Outputs['jobs']['list']['rows']>>({
    id: true,
    kind: true,
    label: true,
    state: true,
    total: true,
    done: true,
    skipped: true,
    failed: true,
    askedBy: true,
    createdAt: true,
    startedAt: true,
    endedAt: true,
    cancelAskedAt: true,
    etaSeconds: true,
  }),
  'item of a job': fieldsOf<Item<Outputs['jobs']['get']['items']>>({
    n: true,
    target: true,
    state: true,
    attempts: true,
    result: true,
    error: true,
  }),
};

const developers = readFileSync(new URL('../../../docs/developers.md', import.meta.url), 'utf8');

const names = (cell: string): string[] => [...cell.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name);

/** Rows of the table that follows a mark: the names in the first column, and the fields in the second. */
function table(mark: string): Map<string, string[]> {
  const text = developers.split(`<!-- ${mark}:`)[1]?.split('\n\n')[1] ?? '';
  return new Map(
    text.split('\n').flatMap((row) => {
      const [, first = '', second = ''] = row.split('|');
      const fields = [...(second.includes('an account') ? account : []), ...names(second)].toSorted();
      return (mark === 'answers' ? names(first) : [first.trim().replace(/^an? /, '')]).map(
        (name) => [name, fields] as const,
      );
    }),
  );
}

describe('docs/developers.md', () => {
  it('says of every procedure what it answers', () => {
    const listed = table('answers');
    expect([...listed.keys()].toSorted()).toEqual(Object.keys(appRouter._def.procedures).toSorted());
    for (const [name, fields] of listed) expect(fields, name).toEqual(ANSWERS[name]?.toSorted());
  });

  it('says what stands in the lists of answers', () => {
    const listed = table('parts');
    for (const [name, fields] of Object.entries(PARTS)) expect(listed.get(name), name).toEqual(fields.toSorted());
  });

  it('names the limits of requests that hold', () => {
    const limitOf = (what: string): string => developers.split(`| ${what} `)[1]?.split('|')[1]?.trim() ?? '';
    const [mib, kib] = [1_048_576, 1_024];
    expect(limitOf('calls in one request')).toMatch(new RegExp(`^${MOST_CALLS};`));
    expect(limitOf('depth of JSON')).toBe(`${MAX_JSON_DEPTH} levels`);
    expect(limitOf('body of a request, or message').match(/\d+ [KM]iB/g)).toEqual([
      `${BODY_BYTES.usual / mib} MiB`,
      `${BODY_BYTES.usage / mib} MiB`,
      `${BODY_BYTES.unrecognised / kib} KiB`,
    ]);
  });
});
