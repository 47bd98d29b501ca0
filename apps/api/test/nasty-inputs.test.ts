import { PROCEDURES } from '@tenantree/contract';
import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import { join, PASSWORD } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { type Caller, callerWith } from './support/every-call.ts';

/** What breaks readers, stores and comparisons that didn't expect it; harmless to all of them that did. */
const NASTY: readonly unknown[] = [
  null,
  '',
  '\u0000',
  '\uD800',
  '\u202E',
  '\u200B\u200B',
  'x'.repeat(5_000),
  '👩‍👩‍👧‍👦'.repeat(100),
  'ΐ'.repeat(120),
  '%_\\',
  'ext:',
  'infinity',
  '00000000-0000-0000-0000-000000000000',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:00:00Z',
  -1,
  1e21,
  true,
  [null],
  { constructor: 1 },
];

const hourFromNow = (hours: number): string =>
  new Date((Math.floor(Date.now() / 3_600_000) + hours) * 3_600_000).toISOString();

let api: Deployment;
let owner: Caller;
/** What each procedure can be called with. */
const inputs: Record<string, object> = {};

beforeAll(async () => {
  api = await deploy();
  owner = callerWith(api.url, api.headers);
  const { root: account } = api;
  const { accounts, members } = api.owner;
  const make = async (name: string): Promise<string> => (await accounts.create.mutate({ account, name })).account.id;
  const [one, to] = [await make('One'), await make('Elsewhere')];
  await join(api.url, api.owner, one, 'ann@example.com', 'member');
  const userId = (await members.list.query({ account: one })).members.at(-1)?.userId;
  const invitation = await members.invite.mutate({ account: one, email: 'open@example.com', role: 'viewer' });
  const token = invitation.link.split('/').at(-1);
  const key = await api.key(one);
  const event = { meter: 'call.minutes', quantity: '1', occurredAt: new Date().toISOString(), idempotencyKey: 'k' };
  const series = { account, meter: 'call.minutes', from: hourFromNow(-5), to: hourFromNow(0), by: 'agent' };
  const page = { cursor: 'x', limit: 5 };
  const lastEventId = `1.${account}.1`;
  const tool = { account: one, kind: 'tool' as const, products: [{ document: { name: 'Tool' } }] };
  const product = (await api.owner.products.create.mutate(tool)).products[0]?.id ?? '';
  Object.assign(inputs, {
    'setup.claim': { token: 't', name: 'Ann', email: 'a@example.com', password: PASSWORD, accountName: 'Main' },
    'session.rename': { name: 'Olivia Owner' },
    'session.end': { id: userId },
    'accounts.createMain': { name: 'Second', externalId: 'second', metadata: { a: 1 } },
    'accounts.create': { account, name: 'Nested', externalId: 'nested', metadata: { a: 1 } },
    'accounts.createMany': {
      account,
      accounts: [
        { name: 'Many', parent: 'ext:nested', externalId: 'many', metadata: { a: 1 } },
        { name: 'More', parent: 0 },
      ],
      mode: 'each',
    },
    'accounts.list': { account, sort: 'name', direction: 'asc', status: ['active'], ...page },
    'accounts.search': { account, query: 'one', status: ['active'], ...page },
    'accounts.live': { account, lastEventId },
    'accounts.rename': { account: to, name: 'Renamed' },
    'accounts.setMetadata': { account: to, metadata: { a: 1 } },
    'accounts.suspend': { account: to, kind: 'no_new_work', from: hourFromNow(5), until: hourFromNow(9), reason: 'r' },
    'accounts.setProtection': { account: to, protection: 'off' },
    'accounts.move': { account: to, to: one },
    'products.create': { account: one, kind: 'task', products: [{ document: { name: 'Task' }, externalId: 'a' }] },
    'products.save': { account: one, kind: 'tool', product, expectedVersion: 1, document: { name: 'Saved' } },
    'members.invite': { account: one, email: 'eve@example.com', role: 'viewer' },
    'members.revokeInvitation': { account: one, id: invitation.id },
    'members.setRole': { account: one, userId, role: 'viewer' },
    'members.remove': { account: one, userId },
    'members.invitation': { token },
    'members.acceptInvitation': { token, name: 'New', password: PASSWORD },
    'keys.create': { account, name: 'Key', expiresAt: hourFromNow(9), scopes: { account: 'full' }, within: [one] },
    'keys.revoke': { account: one, id: key.id },
    'usage.record': { account, events: [{ ...event, account: one, attributes: { a: 'b' } }] },
    'usage.adjust': { account: one, ...event, attributes: { a: 1 }, reason: 'why' },
    'usage.totals': { account, meter: 'call.minutes', period: '2026-11' },
    'usage.series': { ...series, bucket: 'hour', scope: 'total' },
    'usage.export': { ...series, bucket: 'day', scope: 'own' },
    'usage.live': { account, accounts: [one], gone: 'await', lastEventId },
    'audit.list': { account, scope: 'nested', kind: 'accounts', actor: userId, ...page },
    'audit.verify': { account, from: 1 },
  });
}, 60_000);
afterAll(async () => {
  owner.close();
  await api.close();
});

type Path = readonly (string | number)[];

const placesIn = (value: unknown, above: Path = []): Path[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, part]) => [[...above, name], ...placesIn(part, [...above, name])])
    : [];

function withAt(value: unknown, [name, ...more]: Path, part: unknown): unknown {
  if (name === undefined) return part;
  const copy: unknown = structuredClone(value);
  if (typeof copy !== 'object' || copy === null) return copy;
  Reflect.set(copy, name, withAt(Reflect.get(copy, name), more, part));
  return copy;
}

/** How a call ends that is our fault: with the code, or in no answer that is one; null when it isn't. */
async function failureOf(path: string, input: unknown): Promise<string | null> {
  try {
    await owner.call(path, input);
    return null;
  } catch (error) {
    const data: unknown = error instanceof TRPCClientError ? error.data : null;
    const { code } = (data as { refusal?: { code: string } } | null)?.refusal ?? { code: String(error) };
    return /^[A-Z_]+$/.test(code) && code !== 'INTERNAL' && code !== 'UNAVAILABLE' ? null : code;
  }
}

describe('What nobody expects (rules/server 1)', () => {
  it('is refused or taken wherever it stands in an input, and fails nowhere on our side', async () => {
    const failures: string[] = [];
    // Takes no input, and would end all the rest.
    const paths = [...PROCEDURES.keys()].filter((one) => one !== 'session.endAll');
    for (const [nth, path] of paths.entries()) {
      const input = inputs[path] ?? { account: api.root };
      // In turn: each place is sent some of them, and in the next procedure others.
      const calls = [[], ...placesIn(input)].flatMap((place: Path, at) =>
        NASTY.filter((_, index) => (index + at + nth) % rounds(7, 1) === 0).map((part) => ({
          place,
          input: withAt(input, place, part),
        })),
      );
      const next = async (): Promise<void> => {
        for (let call = calls.pop(); call; call = calls.pop()) {
          const failure = await failureOf(path, call.input);
          if (failure !== null)
            failures.push(`${path} ${call.place.join('.')} ${JSON.stringify(call.input).slice(0, 300)}: ${failure}`);
        }
      };
      await Promise.all(Array.from({ length: 5 }, next));
    }
    expect(failures).toEqual([]);
    expect(await owner.call('session.me', undefined)).toMatchObject({ home: api.root });
  }, 240_000);
});
