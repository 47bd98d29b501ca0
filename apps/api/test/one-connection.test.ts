import { PROCEDURES } from '@tenantree/contract';
import { createTestDatabase } from '@tenantree/db/testing';
import type { AccountId, UserId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eraseClosedJob } from '../src/accounts/erase-closed.ts';
import { enqueue } from '../src/jobs/enqueue.ts';
import { offerSetupLink } from '../src/setup/claim.ts';
import { invoicesOf } from './support/billing.ts';
import { clientWith, codeOf, join, PASSWORD, signIn } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { type Caller, callerWith } from './support/every-call.ts';
import { rolledOut, upload } from './support/imports.ts';
import { jobsEnded } from './support/jobs.ts';
import { statementsOf } from './support/rebilling.ts';
import { startApi } from './support/start-api.ts';
import { departed } from './support/transfer-stage.ts';

const tokenOf = (link: string): string => link.split('/').at(-1) ?? '';
const NOW = '2026-11-10T12:00:00.000Z';
const clock = { nowMs: () => Date.parse(NOW) };

let api: Deployment;
let owner: Caller;
let key: Caller;
const inputs: Record<string, object> = {};

/** The input that each procedure is called with, in the order of the calls. */
beforeAll(async () => {
  api = await deploy({ clock, config: { databasePool: 3 } });
  owner = callerWith(api.url, api.headers);
  const { root: account } = api;
  const { accounts, members } = api.owner;
  const make = async (name: string, externalId?: string): Promise<string> =>
    (await accounts.create.mutate({ account, name, ...(externalId && { externalId }) })).account.id;
  const made = await api.key(account);
  key = callerWith(api.url, { authorization: `Bearer ${made.secret}` });
  const one = await make('One', 'one');
  const [to, left, shut] = [await make('Elsewhere'), await make('Left'), await make('Shut')];
  await accounts.close.mutate({ account: shut });
  const suspended = await make('Suspended');
  await accounts.suspend.mutate({ account: suspended, kind: 'read_only' });
  await join(api.url, api.owner, one, 'ann@example.com', 'member');
  await join(api.url, api.owner, one, 'bob@example.com', 'member');
  const own = await members.invite.mutate({ account: left, email: api.email, role: 'viewer' });
  await members.acceptInvitation.mutate({ token: tokenOf(own.link) });
  const people = (await members.list.query({ account: one })).members;
  const idOf = (email: string) => people.find((member) => member.email === email)?.userId;
  const invite = (email: string) => members.invite.mutate({ account: one, email, role: 'viewer' });
  const [open, accepted] = [await invite('open@example.com'), await invite('new@example.com')];
  await signIn(api.url, api.email, PASSWORD);
  const other = (await api.owner.session.list.query()).sessions.find(({ isThis }) => !isThis);
  const job = await askForJob(account);
  const { job: undone } = await accounts.suspendMany.mutate({ account, accounts: [left] });
  const { job: exported } = await accounts.export.mutate({ account });
  await jobsEnded(api.database);
  const preset = (await api.owner.presets.save.mutate({ account, name: 'Usual', levels: { tasks: 'read' } })).id;
  const look = {
    sort: 'name',
    direction: 'asc',
    layout: 'flat',
    density: 'compact',
    under: left as AccountId,
  } as const;
  const { id: view } = await api.owner.views.save.mutate({ account, name: 'Mine', look });
  const [invoice, second] = await invoicesOf(api.composed.hall, account as AccountId);
  const buyer = await make('Buyer');
  const { books, statements } = await statementsOf(api.composed.hall, account as AccountId, buyer as AccountId);
  const [sold, stated] = [books[0], statements[0]];
  const line = await lateLines({ invoice: second!, statement: stated! }, account, buyer);
  const begun = await rolledOut(api, account, [buyer, to, left]);
  const rollout = { account, kind: 'schedule' as const, rollout: begun.rollout };
  const transfer = await underWay(account, make);
  const departure = await departed(api.database, account);
  const file = { account, import: (await upload(api, account, 'externalId,name\nsent,Sent\n')).import };
  const lease = { account, kind: 'calls', key: 'call-1' };
  const limit = [{ kind: 'calls', max: 9 }];
  const event = { meter: 'call.minutes', quantity: '1', occurredAt: NOW };
  const series = { account, from: '2026-11-10T00:00:00Z', to: '2026-11-11T00:00:00Z', bucket: 'hour', scope: 'total' };
  const tool = { account: one, kind: 'tool' as const, products: [{ document: { name: 'Tool' } }] };
  const product = (await api.owner.products.create.mutate(tool)).products[0]?.id ?? '';
  const { copy, plan, source, brought } = await copyInto(one, left);
  const failed = await failedImport(await make('Full'));
  const blueprint = await blueprintsOf(one, left);
  Object.assign(inputs, {
    'setup.status': {},
    'session.me': {},
    'accountImports.list': { account },
    'accountImports.get': file,
    'accountImports.plan': file,
    'accountImports.rows': { ...file, of: 'new' },
    'accountImports.errors': file,
    'accountImports.run': file,
    'accounts.createMain': { name: 'Second main' },
    'accounts.create': { account: 'ext:one', name: 'Nested', externalId: 'nested' },
    'accounts.createMany': {
      account: 'ext:one',
      accounts: [
        { name: 'Many', externalId: 'many' },
        { name: 'More', parent: 'ext:many' },
      ],
    },
    'accounts.get': { account: 'ext:one' },
    'accounts.list': { account },
    'accounts.search': { account, query: 'one', sort: 'name' },
    'accounts.export': { account },
    'accounts.live': { account },
    'accounts.rename': { account: one, name: 'Renamed' },
    'accounts.setMetadata': { account: one, metadata: { a: 1 } },
    'accounts.previewSuspension': { account: one },
    'accounts.suspend': { account: to, kind: 'no_new_work' },
    'accounts.reactivate': { account: suspended },
    'accounts.reopen': { account: shut },
    'accounts.close': { account: shut },
    'accounts.setProtection': { account: one, protection: 'on' },
    'accounts.move': { account: one, to },
    'accounts.enter': { account: one },
    'accounts.leave': { account: one },
    'imports.plan': { account, targets: [left], products: [{ product: source }] },
    'imports.run': { account, plan },
    'imports.copies': { account, kind: 'tool', product: source },
    'imports.links': { account, target: one, products: [source] },
    'imports.waiting': { account, job: brought },
    'imports.takeSource': { account: one, kind: 'tool', product: copy, expectedVersion: 2, at: ['/description'] },
    'imports.detach': { account: one, kind: 'tool', product: copy },
    'blueprints.list': { account },
    'blueprints.get': { account, blueprint: blueprint.applied },
    'blueprints.product': { account, blueprint: blueprint.short, product: blueprint.agent },
    'blueprints.save': { account, name: 'Another', limits: { calls: { max: 5 } } },
    'blueprints.rename': { account, blueprint: blueprint.applied, name: 'Otherwise' },
    'blueprints.remove': { account, blueprint: blueprint.removed },
    'blueprints.plan': { account, blueprint: blueprint.applied, targets: [left] },
    'blueprints.run': { account, plan: blueprint.plan },
    'blueprints.undo': { account, blueprint: blueprint.applied, targets: [one] },
    'blueprints.retry': { account, blueprint: blueprint.short, targets: [blueprint.incomplete] },
    'blueprints.drift': { account, blueprint: blueprint.applied },
    'blueprints.applied': { account: one },
    'blueprints.appliedMany': { account, accounts: [one] },
    'blueprints.live': { account },
    'rollouts.get': rollout,
    'rollouts.list': { account, kind: 'schedule', product: begun.product },
    'rollouts.live': rollout,
    'rollouts.goOn': rollout,
    'rollouts.cancel': rollout,
    'rollouts.rollBack': { ...rollout, stage: 1 },
    'rollouts.start': { account, kind: 'schedule', product: begun.product },
    'products.kinds': undefined,
    'products.create': { account: one, kind: 'agent', products: [{ document: { name: 'Agent' } }] },
    'products.list': { account: one, kind: 'agent' },
    'products.live': { account: one, kind: 'agent' },
    'products.get': { account: one, kind: 'tool', product },
    'products.save': { account: one, kind: 'tool', product, expectedVersion: 1, document: { name: 'Saved' } },
    'products.versions': { account: one, kind: 'tool', product },
    'products.restore': { account: one, kind: 'tool', product, version: 1, expectedVersion: 2 },
    'products.export': { account: one, kind: 'tool' },
    'products.delete': { account: one, kind: 'tool', products: [product] },
    'products.deleted': { account: one, kind: 'tool' },
    'members.list': { account: one },
    'members.invite': { account: one, email: 'eve@example.com', role: 'viewer' },
    'members.invitation': { token: tokenOf(accepted.link) },
    'members.acceptInvitation': { token: tokenOf(accepted.link), name: 'New', password: PASSWORD },
    'members.revokeInvitation': { account: one, id: open.id },
    'members.setRole': { account: one, userId: idOf('ann@example.com'), role: 'viewer' },
    'members.remove': { account: one, userId: idOf('bob@example.com') },
    'members.leave': { account: left },
    'keys.list': { account },
    'keys.create': { account, name: 'Another key', within: [one] },
    'embed.createToken': { account: one, origin: 'https://portal.example', userRef: 'dana' },
    'embed.list': { account },
    'embed.origins': { account },
    'embed.setOrigins': { account: one, origins: ['https://portal.example'] },
    'embed.revoke': { account, userRef: 'dana' },
    'jobs.list': { account },
    'jobs.get': { account, job },
    'jobs.export': { account, job },
    'jobs.live': { account, job },
    'jobs.cancel': { account, job },
    'jobs.previewUndo': { account, job: undone },
    'jobs.undo': { account, job: undone },
    'jobs.retry': { account, job: failed },
    'jobs.file': { account, job: exported },
    'usage.record': {
      account,
      events: [
        { ...event, account: 'ext:one', idempotencyKey: 'a' },
        { ...event, account: one, idempotencyKey: 'b' },
      ],
    },
    'usage.adjust': { account: one, ...event, quantity: '-1', idempotencyKey: 'c', reason: 'a test' },
    'usage.totals': { account },
    'usage.series': { ...series, by: 'account' },
    'usage.export': series,
    'usage.live': { account, accounts: [one, 'ext:one'] },
    'audit.list': { account, scope: 'nested' },
    'audit.export': { account, scope: 'nested' },
    'audit.verify': { account },
    'accounts.entries': { account: one },
    'permissions.get': { account: one },
    'permissions.preview': { account: one, levels: { tasks: 'none' } },
    'permissions.set': { account: one, expectedVersion: 0, levels: { tasks: 'none' } },
    'permissions.undo': { account: one, expectedVersion: 1 },
    'permissions.explain': { account: one },
    'permissions.compare': { account: one, with: left },
    'permissions.previewPreset': { account, preset, mode: 'replace', accounts: [left] },
    'permissions.applyPreset': { account, preset, mode: 'replace', accounts: [left] },
    'permissions.applyPresetMany': { account, preset, mode: 'replace', accounts: [left] },
    'permissions.reviewMany': { account, accounts: [left], levels: { tasks: 'read' } },
    'permissions.review': { account, accounts: [left], levels: { tasks: 'read' } },
    'permissions.live': { account },
    'limits.liveNear': { account },
    'presets.list': { account },
    'presets.takers': { account, preset },
    'presets.save': { account, name: 'Another', levels: { tasks: 'read' } },
    'presets.setDefault': { account, preset },
    'presets.remove': { account, preset },
    'presets.restore': { account, preset },
    'views.list': { account },
    'views.save': { account, view, name: 'Still mine', look },
    'views.remove': { account, view },
    'billing.get': { account },
    'billing.plans': { account },
    'billing.subscribe': { account, plan: 'start', version: 1 },
    'billing.setDetails': { account, country: 'DE', name: 'Main', address: [], taxId: null },
    'billing.setPayment': { account, provider: 'invoice' },
    'billing.checkPayment': { account },
    'billing.payerAt': { account: one, at: NOW },
    'invoices.closePeriod': { account, period: '2026-10' },
    'invoices.list': { account },
    'invoices.get': { account, invoice },
    'invoices.lateEvents': { account, invoice: second, line },
    'invoices.draft': { account },
    'invoices.export': { account, invoice, format: 'csv' },
    'invoices.credit': { account, invoice, amount: '1', reason: 'a test' },
    'books.list': { account },
    'books.get': { account, book: sold },
    'books.save': { account, name: 'Another book', terms: { currency: 'EUR', monthlyFee: '1', meters: {} } },
    'books.assignments': { account },
    'books.previewAssignment': { account, customers: [left], book: sold, version: 1 },
    'books.assign': { account, customers: [left], book: sold, version: 1, from: '2027-01-01T00:00:00Z' },
    'books.unassign': { account, customers: [buyer], to: '2027-02-01T00:00:00Z' },
    'statements.list': { account },
    'statements.received': { account: buyer },
    'statements.get': { account, statement: stated },
    'statements.lateEvents': { account, statement: stated, line },
    'statements.drafts': { account },
    'statements.draft': { account, customer: buyer },
    'statements.freeze': { account, customer: buyer, period: '2026-10' },
    'statements.export': { account, statement: stated, format: 'csv' },
    'statements.whatIf': { account, customer: buyer, period: '2026-10', book: { id: sold, version: 1 } },
    'margins.ofCustomer': { account: buyer },
    'margins.ofDeparted': { account, departure },
    'margins.get': { account },
    'transfers.preview': { account: transfer.completed },
    'transfers.start': {
      account: transfer.completed,
      name: 'Completed',
      recipient: api.email,
      completion: 'confirmed',
    },
    'transfers.get': { account: transfer.completed },
    'transfers.list': { account },
    'transfers.departure': { account, departure },
    'transfers.plans': { account: transfer.completed },
    'transfers.live': { account: transfer.completed },
    'transfers.extend': { account: transfer.completed, days: 1 },
    'transfers.resend': { account: transfer.completed },
    'transfers.confirmOwner': { account: transfer.completed },
    'transfers.setDetails': { account: transfer.completed, country: 'DE', name: 'Main', address: [], taxId: null },
    'transfers.setPayment': { account: transfer.completed, provider: 'invoice' },
    'transfers.checkPayment': { account: transfer.completed },
    'transfers.choosePlan': { account: transfer.completed, plan: 'start', version: 1 },
    'transfers.complete': { account: transfer.completed },
    'transfers.invitation': { token: 'tt_transfer_accepted' },
    'transfers.acceptInvitation': { token: 'tt_transfer_accepted' },
    'transfers.decline': { account: transfer.accepted },
    'transfers.declineInvitation': { token: 'tt_transfer_declined' },
    'transfers.cancel': { account: transfer.cancelled },
    'limits.get': { account },
    'limits.preview': { account, accounts: [one], limits: limit },
    'limits.set': { account: one, limits: limit },
    'accounts.suspendMany': { account, accounts: [one] },
    'accounts.reactivateMany': { account, accounts: [one] },
    'limits.setMany': { account, accounts: [one, left], limits: limit },
    'limits.setDefaults': { account, limits: limit },
    'limits.check': { account, kind: 'calls', want: '1' },
    'limits.acquire': { ...lease, want: '1', leaseSeconds: 60 },
    'limits.renew': { account, key: lease.key, leaseSeconds: 60 },
    'limits.release': lease,
    'limits.whatIf': { account, kind: 'minutes', max: 1 },
    'limits.live': { account },
    'keys.revoke': { account, id: made.id },
    'session.rename': { name: 'Olivia Renamed' },
    'session.list': {},
    'session.end': { id: other?.id },
    'session.endAll': {},
  });
});

/** Lines of what came late of September 2026 on an invoice and a statement of October. @returns their number */
async function lateLines(on: { invoice: string; statement: string }, account: string, buyer: string): Promise<number> {
  const line = 99;
  for (const [table, column, document] of [
    ['invoice_lines', 'invoice_id', on.invoice],
    ['statement_lines', 'statement_id', on.statement],
  ] as const)
    await api.database.asOwner(
      `INSERT INTO ${table} (account_id, ${column}, n, type, for_account, place, meter, of_period, valid_from, quantity, amount)
       VALUES ($1, $2, $3, 'late', $4, uuid_send($1) || uuid_send($4), 'call.minutes', '2026-09-01Z', '2026-09-01Z', 60, 0)`,
      [account, document, line, buyer],
    );
  return line;
}

/** Accounts in a billing transfer, with links that are known. */
async function underWay(
  account: string,
  make: (name: string) => Promise<string>,
): Promise<Record<'completed' | 'accepted' | 'declined' | 'cancelled', string>> {
  const [completed, accepted, declined, cancelled] = [
    await make('Completed'),
    await make('Accepted'),
    await make('Declined'),
    await make('Cancelled'),
  ];
  for (const [of, name] of [
    [accepted, 'Accepted'],
    [declined, 'Declined'],
    [cancelled, 'Cancelled'],
  ] as const)
    await api.owner.transfers.start.mutate({ account: of, name, recipient: api.email });
  await jobsEnded(api.database);
  await api.database.asOwner(
    `UPDATE billing_transfers t SET token_hash = sha256(('tt_transfer_' || lower(a.name))::bytea) FROM accounts a
     WHERE a.id = t.account_id AND a.root_id = $1`,
    [account],
  );
  return { completed, accepted, declined, cancelled };
}

/** A tool that one account has a copy of, in another state, and a plan to copy it into another one. */
async function copyInto(one: string, other: string): Promise<Record<'source' | 'copy' | 'plan' | 'brought', string>> {
  const { imports, products } = api.owner;
  const account = api.root;
  const tool = { account, kind: 'tool' as const, products: [{ document: { name: 'Shared', description: 'Ours' } }] };
  const source = (await products.create.mutate(tool)).products[0]!.id;
  const planFor = async (target: string) =>
    (await imports.plan.mutate({ account, targets: [target], products: [{ product: source }] })).plan;
  const { job: brought } = await imports.run.mutate({ account, plan: await planFor(one) });
  await jobsEnded(api.database);
  const [copy] = (await imports.copies.query({ account, kind: 'tool', product: source })).rows;
  const document = { name: 'Shared', description: 'Theirs' };
  const changed = { account: one, kind: 'tool' as const, product: copy!.product, expectedVersion: 1, document };
  await products.save.mutate(changed);
  return { source, copy: copy!.product, plan: await planFor(other), brought };
}

/** An import that has failed, as a limit left no room for it. */
async function failedImport(target: string): Promise<string> {
  const { imports, limits, products } = api.owner;
  const account = api.root;
  await limits.set.mutate({ account: target, limits: [{ kind: 'agents', max: 0 }] });
  const agent = { account, kind: 'agent' as const, products: [{ document: { name: 'No room' } }] };
  const chosen = [{ product: (await products.create.mutate(agent)).products[0]!.id }];
  const { plan } = await imports.plan.mutate({ account, targets: [target], products: chosen });
  const { job } = await imports.run.mutate({ account, plan });
  await jobsEnded(api.database);
  return job;
}

/** Blueprints: one that set an account up and is planned for another, one to be removed, and one that left an account incomplete. */
async function blueprintsOf(one: string, other: string) {
  const { accounts, blueprints, products } = api.owner;
  const account = api.root;
  const limits = { campaigns: { max: 5 } };
  const { id: applied } = await blueprints.save.mutate({ account, name: 'Applied', limits });
  const { id: removed } = await blueprints.save.mutate({ account, name: 'Removed', limits });
  const planFor = async (target: string) =>
    (await blueprints.plan.mutate({ account, blueprint: applied, targets: [target] })).plan;
  await blueprints.run.mutate({ account, plan: await planFor(one) });
  const agent = { account, kind: 'agent' as const, products: [{ document: { name: 'Too much' } }] };
  const made = (await products.create.mutate(agent)).products[0]!.id;
  const none = { limits: { agents: { max: 0 } }, products: [{ product: made }] };
  const { id: short } = await blueprints.save.mutate({ account, name: 'Short', ...none });
  const wish = { account, name: 'Incomplete', blueprint: { id: short, version: 1 } };
  const { account: incomplete } = await accounts.create.mutate(wish);
  await jobsEnded(api.database);
  return { applied, removed, short, agent: made, incomplete: incomplete.id, plan: await planFor(other) };
}

/** A job that a person asked for. */
async function askForJob(account: string): Promise<string> {
  const { hall } = api.composed;
  const user = (await api.owner.session.me.query()).user?.id as UserId;
  const actor = { kind: 'person', id: user, name: 'Olivia Owner', via: null } as const;
  const root = account as AccountId;
  const by = { actor, user, key: null, requestId: null };
  const job = await hall.change(by, { root, acting: root }, (change) =>
    enqueue(hall, change, eraseClosedJob, {
      by,
      account: root,
      items: [{ payload: { account: root } }],
    }),
  );
  return job ?? '';
}
afterAll(async () => {
  owner.close();
  key.close();
  await api.close();
});

describe('With a single connection to the database', () => {
  it('every procedure and subscription is answered, and every mutation twice under one idempotency key', async () => {
    expect([...Object.keys(inputs), 'setup.claim'].toSorted()).toEqual([...PROCEDURES.keys()].toSorted());
    const nobody = callerWith(api.url, {});
    for (const [path, input] of Object.entries(inputs)) {
      const caller = path === 'embed.createToken' ? key : path === 'members.acceptInvitation' ? nobody : owner;
      const once = `key of ${path}`;
      const answer = await caller.call(path, input, once);
      expect(answer, path).toBeDefined();
      const procedure = PROCEDURES.get(path);
      // Whoever ends all their sessions asks for nothing more.
      if (procedure?.kind !== 'mutation' || path === 'session.endAll') continue;
      const repeat = caller.call(path, input, once);
      if (procedure.secret) expect(await codeOf(repeat), path).toBe('SECRET_SHOWN_ONCE');
      else expect(await repeat, path).toEqual(answer);
    }
    nobody.close();
  });

  it('a deployment is taken once, by one of many at once, and the others are told so', async () => {
    const database = await createTestDatabase(inject('database'));
    const server = await startApi(database.serving, { config: { databasePool: 3 } });
    const token = tokenOf((await offerSetupLink(server.hall)) ?? '');
    const claim = (i: number) =>
      clientWith(server.url, {}).setup.claim.mutate({
        token,
        name: `Person ${i}`,
        email: `person${i}@example.com`,
        password: PASSWORD,
        accountName: `Main ${i}`,
      });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        claim(i).then(
          () => 'taken',
          (error) => error.data?.refusal.code,
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(1);
    const others = [...new Set(outcomes)].filter((outcome) => outcome !== 'taken' && outcome !== 'RATE_LIMITED');
    expect(others).toEqual(['ALREADY_CLAIMED']);
    expect(await codeOf(claim(99))).toBe('ALREADY_CLAIMED');
    const winner = outcomes.indexOf('taken');
    const people = await database.db.auth
      .withTables<{ users: { email: string } }>()
      .selectFrom('users')
      .select('email')
      .execute();
    expect(people).toEqual([{ email: `person${winner}@example.com` }]);
    await server.close();
    await database.drop();
  });
});
