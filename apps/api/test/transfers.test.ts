import { randomInt } from 'node:crypto';
import { type AccountId, billingPeriodOf, instantOf } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientWith, codeOf, join } from './support/clients.ts';
import { watcherWith } from './support/every-call.ts';
import { jobsEnded } from './support/jobs.ts';
import { book, sell } from './support/rebilling.ts';
import { DETAILS, stageTransfers, type TransferStage } from './support/transfer-stage.ts';

let stage: TransferStage;
let owner: Client;
let people = 0;
const newEmail = (): string => {
  people += 1;
  return `person-${people}@example.com`;
};

beforeAll(async () => {
  stage = await stageTransfers();
  owner = stage.api.owner;
});
afterAll(() => stage.close());

const stranger = () => clientWith(stage.api.url, {});
const stageOf = async (client: Client, account: string) => (await client.transfers.get.query({ account })).stage;

describe('A billing transfer from its start to independence', () => {
  it('is completed by the last step: the account is a main account that pays for itself, with all below it', async () => {
    const { api } = stage;
    const agency = await stage.make(api.root, 'Agency');
    const account = await stage.make(agency, 'Leaving');
    const leaf = await stage.make(account, 'Leaf');
    const sold = { account: agency, customer: account as AccountId, name: 'Retail' };
    await sell(owner, sold, book({ model: 'flat', price: '1' }), { from: billingPeriodOf(instantOf(Date.now())).end });
    const preview = await owner.transfers.preview.query({ account });
    expect(preview).toMatchObject({
      refused: null,
      ifUnfinished: 'stay',
      book: 'Retail',
      nested: { accounts: 1, sample: [{ id: leaf, name: 'Leaf' }] },
      agency: { from: { id: api.root, name: 'Main' }, people: [{ email: api.email, role: 'owner' }] },
    });
    expect(preview.plans.map(({ id }) => id)).toEqual(['agency', 'business', 'start']);
    expect(preview.plans[2]?.used).toMatchObject([
      { meter: 'call.minutes', quantity: '0', included: '0', model: 'flat', price: '0.12', amount: { minor: '0' } },
    ]);

    const email = newEmail();
    await stage.start(account, 'Leaving', email);
    expect(await owner.transfers.get.query({ account })).toMatchObject({
      stage: 'in_progress',
      badge: 'Billing transfer in progress',
      transfer: { recipient: email, missing: ['owner', 'details', 'payment', 'plan'] },
      details: null,
    });
    const listed = await owner.transfers.list.query({ account: api.root });
    expect(listed.underWay).toMatchObject([{ account: { id: account }, recipient: email }]);
    const [row] = (await owner.accounts.list.query({ account: agency })).rows;
    expect(row).toMatchObject({ id: account, transferUntil: listed.underWay[0]!.expiresAt });

    const token = await stage.tokenFor(email);
    expect(await stranger().transfers.invitation.query({ token })).toMatchObject({
      accountName: 'Leaving',
      email,
      state: 'in_progress',
    });
    const theirs = await stage.accept(email);
    await stage.setUp(theirs, account);
    await stage.independent(theirs, account);

    expect(await stageOf(theirs, account)).toBe('independent');
    expect((await theirs.accounts.get.query({ account: leaf })).path.map(({ id }) => id)).toEqual([account, leaf]);
    expect(await codeOf(owner.accounts.get.query({ account }))).toBe('NOT_FOUND');
    expect(await codeOf(owner.transfers.get.query({ account }))).toBe('NOT_FOUND');
    const bills = await theirs.billing.get.query({ account });
    expect(bills).toMatchObject({ billingMode: 'direct', plan: { id: 'business' }, details: DETAILS });
    const { at } = await theirs.transfers.complete.mutate({ account });
    expect(bills.plan?.since).toBe(at);
    // What was used before is the parent's, from then on it is the account's.
    const justBefore = new Date(Date.parse(at) - 1).toISOString();
    expect(await theirs.billing.payerAt.query({ account, at: justBefore })).toMatchObject({ by: 'above' });
    expect(await theirs.billing.payerAt.query({ account, at })).toMatchObject({ by: 'itself' });

    const { ended } = await owner.transfers.list.query({ account: api.root });
    const from = { id: agency, name: 'Agency' };
    expect(ended).toMatchObject([{ account: { id: account, name: 'Leaving' }, outcome: 'completed', at, from }]);
    const left = { account: agency, departure: ended[0]!.id };
    expect(await owner.transfers.departure.query(left)).toEqual({
      id: ended[0]!.id,
      account: { id: account, name: 'Leaving' },
      from,
      at,
      accounts: 2,
      agency: 'kept',
      invited: 1,
      ended: { member: 0, key: 0, session: 0, invitation: 0 },
      products: [],
      settled: { blank: 0, takenBack: 0 },
      used: [],
      lateUntil: new Date(Date.parse(at) + 35 * 86_400_000).toISOString(),
    });
    // It is told where it left from alone, and to nobody in what left.
    expect(await codeOf(owner.transfers.departure.query({ ...left, account: api.root }))).toBe('NOT_FOUND');
    expect(await codeOf(theirs.transfers.departure.query({ ...left, account }))).toBe('NOT_FOUND');
    expect(await codeOf(theirs.transfers.departure.query(left))).toBe('NOT_FOUND');
    const actions = async (client: Client, of: string) =>
      (await client.audit.list.query({ account: of, scope: 'nested', limit: 50 })).rows.map(({ action }) => action);
    expect(await actions(owner, api.root)).toContain('transfer.departed');
    expect(await actions(theirs, account)).toEqual(expect.arrayContaining(['transfer.arrived', 'transfer.completed']));
    for (const [client, of] of [
      [owner, api.root],
      [theirs, account],
    ] as const)
      expect((await client.audit.verify.query({ account: of })).faults).toEqual([]);

    // The agency is invited back, and finds the account among those that it may enter.
    await jobsEnded(api.database);
    const link = /tt_invite_[\w-]+/.exec(await stage.mailTo(api.email, 'tt_invite_'))?.[0] ?? '';
    await owner.members.acceptInvitation.mutate({ token: link });
    const me = await owner.session.me.query();
    expect(me.accounts.map(({ id }) => id)).toEqual(expect.arrayContaining([api.root, account]));
    expect((await owner.accounts.get.query({ account })).levels.billing).toBe('none');
    const members = await theirs.members.list.query({ account });
    const agent = members.members.find(({ role }) => role === 'agency_admin')!;
    await theirs.members.remove.mutate({ account, userId: agent.userId });
    expect(await codeOf(owner.accounts.get.query({ account }))).toBe('NOT_FOUND');
  });
});

describe('Products that came from above (rules/transfer 15)', () => {
  it('are handed over, replaced by a blank or taken back as the start said, below the account, too', async () => {
    const { api } = stage;
    const parent = await stage.make(api.root, 'Source');
    const account = await stage.make(parent, 'Receiver');
    const leaf = await stage.make(account, 'Receiver’s');
    type Kind = 'agent' | 'schedule' | 'knowledgeBase' | 'tool';
    const create = async (at: string, kind: Kind, document: Record<string, unknown> & { name: string }) =>
      (await owner.products.create.mutate({ account: at, kind, products: [{ document: document as never }] }))
        .products[0]!.id;
    const base = await create(parent, 'knowledgeBase', { name: 'Handbook', description: 'Ours alone' });
    const agent = await create(parent, 'agent', {
      name: 'Desk',
      prompt: { style: 'Ours alone' },
      knowledge: { bases: [base] },
    });
    const hours = await create(parent, 'schedule', { name: 'Hours', timeZone: 'Europe/Berlin' });
    const tool = await create(parent, 'tool', { name: 'Gone', description: 'Ours alone' });
    const imported = async (from: string, target: string, products: readonly (typeof base)[]) => {
      const wish = { account: from, targets: [target], products: products.map((product) => ({ product })) };
      await owner.imports.run.mutate({ account: from, plan: (await owner.imports.plan.mutate(wish)).plan });
      await jobsEnded(api.database);
    };
    await imported(parent, account, [base, agent, hours, tool]);
    const named = async (client: Client, at: string, kind: Kind) =>
      new Map((await client.products.list.query({ account: at, kind })).rows.map(({ name, id }) => [name, id]));
    const own = await named(owner, account, 'tool');
    await imported(account, leaf, [own.get('Gone')!]);
    const { products } = await owner.transfers.preview.query({ account });
    const from = { id: parent, name: 'Source' };
    expect(products).toEqual([
      { product: agent, kind: 'agent', name: 'Desk', from, accounts: 1 },
      { product: tool, kind: 'tool', name: 'Gone', from, accounts: 2 },
      { product: base, kind: 'knowledgeBase', name: 'Handbook', from, accounts: 1 },
      { product: hours, kind: 'schedule', name: 'Hours', from, accounts: 1 },
    ]);
    const email = newEmail();
    const wish = { name: 'Receiver', recipient: email };
    const start = (asked: Parameters<Client['transfers']['start']['mutate']>[0]['products']) =>
      owner.transfers.start.mutate({ account, ...wish, ...(asked && { products: asked }) });
    expect(await codeOf(start([{ product: own.get('Gone')!, as: 'blank' }]))).toBe('NOT_FOUND');
    const started = await start([
      { product: agent, as: 'blank' },
      { product: tool, as: 'take_back' },
      { product: base, as: 'take_back' },
      { product: hours, as: 'hand_over' },
    ]);
    expect(started.transfer?.products).toEqual([
      { product: agent, kind: 'agent', name: 'Desk', as: 'blank' },
      { product: tool, kind: 'tool', name: 'Gone', as: 'take_back' },
      { product: base, kind: 'knowledgeBase', name: 'Handbook', as: 'take_back' },
    ]);
    await jobsEnded(api.database);
    const theirs = await stage.accept(email);
    // One of their own needs what is to be taken back.
    const handbook = (await named(theirs, account, 'knowledgeBase')).get('Handbook')!;
    await create(account, 'agent', { name: 'Their own', knowledge: { bases: [handbook] } });
    await stage.setUp(theirs, account);
    await stage.independent(theirs, account);
    const read = async (kind: Kind, product: typeof base) =>
      (await theirs.products.get.query({ account, kind, product })).product;
    const desk = await read('agent', (await named(theirs, account, 'agent')).get('Desk')!);
    expect(desk).toMatchObject({ version: 2, document: { prompt: { style: '' }, knowledge: { bases: [] } } });
    expect(desk.link).toBeUndefined();
    const blank = await read('knowledgeBase', handbook);
    expect(blank.document).toMatchObject({ name: 'Handbook', description: '' });
    expect(blank.usedBy.map(({ name }) => name)).toEqual(['Their own']);
    const kept = await read('schedule', (await named(theirs, account, 'schedule')).get('Hours')!);
    expect(kept).toMatchObject({ document: { timeZone: 'Europe/Berlin' }, link: { state: 'detached' } });
    expect([...(await named(theirs, account, 'tool')), ...(await named(theirs, leaf, 'tool'))]).toEqual([]);
    expect(await theirs.products.deleted.query({ account, kind: 'tool' })).toMatchObject({ rows: [] });
    for (const table of ['products', 'product_versions', 'product_links'])
      expect(
        await api.database.asOwner(`SELECT FROM ${table} t WHERE root_id = $1 AND t::text LIKE '%Ours alone%'`, [
          account,
        ]),
      ).toEqual([]);
    const { rows } = await owner.audit.list.query({ account: parent });
    expect(rows.find(({ action }) => action === 'transfer.productsSettled')?.details).toMatchObject({
      blank: 2,
      takenBack: 2,
    });
    const { ended } = await owner.transfers.list.query({ account: parent });
    expect(await owner.transfers.departure.query({ account: parent, departure: ended[0]!.id })).toMatchObject({
      products: started.transfer?.products,
      settled: { blank: 2, takenBack: 2 },
    });
    expect(
      await api.database.asOwner(`SELECT own_agents, total_agents FROM accounts WHERE id = $1`, [account]),
    ).toEqual([{ own_agents: 2, total_agents: 2 }]);
  });
});

/** An account below one that has a person of its own, in the middle of a transfer. */
async function underWay(more: object = {}): Promise<{ parent: string; account: string; email: string; name: string }> {
  const email = newEmail();
  const name = `Account of ${email}`;
  const parent = await stage.make(stage.api.root, `Parent of ${email}`);
  const account = await stage.make(parent, name);
  await stage.start(account, name, email, more);
  return { parent, account, email, name };
}

describe('Starting a billing transfer', () => {
  it('asks for the name, for 1 to 90 days, and for one at a time along a chain', async () => {
    const top = await stage.make(stage.api.root, 'Top');
    const mid = await stage.make(top, 'Mid');
    const low = await stage.make(mid, 'Low');
    const start = (account: string, name: string, more: object = {}) =>
      owner.transfers.start.mutate({ account, name, recipient: 'x@example.com', ...more });
    const refused: [string, Promise<unknown>][] = [
      ['NAME_MISMATCH', start(mid, 'Middle')],
      ['GRACE_OUT_OF_RANGE', start(mid, 'Mid', { graceDays: 0 })],
      ['GRACE_OUT_OF_RANGE', start(mid, 'Mid', { graceDays: 91 })],
      ['ALREADY_INDEPENDENT', start(stage.api.root, 'Main')],
    ];
    for (const [code, call] of refused) expect([code, await codeOf(call)]).toEqual([code, code]);
    expect(await stageOf(owner, mid)).toBe('parent_billed');

    await start(mid, 'Mid');
    expect(await codeOf(start(mid, 'Mid'))).toBe('TRANSFER_IN_PROGRESS');
    expect(await codeOf(start(top, 'Top'))).toBe('NESTED_TRANSFER');
    expect(await codeOf(start(low, 'Low'))).toBe('ANCESTOR_TRANSFER');
    expect((await owner.transfers.preview.query({ account: low })).refused?.code).toBe('ANCESTOR_TRANSFER');
    expect(await codeOf(owner.accounts.move.mutate({ account: mid, to: stage.api.root }))).toBe('TRANSFER_IN_PROGRESS');
    // Those above it may move, but not below another one that is in transfer.
    const other = await stage.make(stage.api.root, 'Other');
    await owner.accounts.move.mutate({ account: top, to: other });
    const beside = await stage.make(stage.api.root, 'Beside');
    await start(beside, 'Beside');
    expect(await codeOf(owner.accounts.move.mutate({ account: top, to: beside }))).toBe('NESTED_TRANSFER');
    for (const account of [mid, beside]) await owner.transfers.cancel.mutate({ account });
    await owner.accounts.suspend.mutate({ account: mid, kind: 'read_only' });
    expect(await codeOf(start(mid, 'Mid'))).toBe('ACCOUNT_SUSPENDED');
  });

  it('is for people with Billing and Subaccounts above; a key may preview', async () => {
    const account = await stage.make(stage.api.root, 'By a key');
    const { client } = await stage.api.key(stage.api.root);
    expect((await client.transfers.preview.query({ account })).refused).toBeNull();
    const input = { account, name: 'By a key', recipient: 'x@example.com' };
    expect(await codeOf(client.transfers.start.mutate(input))).toBe('FORBIDDEN');
    const email = newEmail();
    const agent = await join(stage.api.url, owner, stage.api.root, email, 'agency_admin');
    expect(await codeOf(agent.transfers.start.mutate(input))).toBe('FORBIDDEN');
  });

  it('has one effect and one answer for one idempotency key', async () => {
    const account = await stage.make(stage.api.root, 'Once');
    const input = { account, name: 'Once', recipient: 'x@example.com' };
    const call = async () => {
      const answer = await fetch(`${stage.api.url}/trpc/transfers.start`, {
        method: 'POST',
        headers: { ...stage.api.headers, 'content-type': 'application/json', 'idempotency-key': 'start-once' },
        body: JSON.stringify(input),
      });
      return (await answer.json()) as { result: { data: { transfer: { id: string } } } };
    };
    const [first, again] = [await call(), await call()];
    expect(again.result.data.transfer.id).toBe(first.result.data.transfer.id);
  });
});

describe('The checklist', () => {
  it('is the child’s: nobody from above, no other member and no stranger does it', async () => {
    const { account, email } = await underWay({ completion: 'confirmed' });
    const other = newEmail();
    const member = await join(stage.api.url, owner, account, other, 'admin');
    for (const client of [owner, member])
      expect(await codeOf(client.transfers.setDetails.mutate({ account, ...DETAILS }))).toBe('FORBIDDEN');
    expect(await codeOf(member.transfers.confirmOwner.mutate({ account }))).toBe('NOT_FOUND');
    expect(await codeOf(owner.transfers.confirmOwner.mutate({ account }))).toBe('NOT_FOUND');
    const token = await stage.tokenFor(email);
    expect(await codeOf(member.transfers.acceptInvitation.mutate({ token }))).toBe('NOT_FOUND');
    const wrong = 'tt_transfer_wrong';
    expect(await codeOf(stranger().transfers.invitation.query({ token: wrong }))).toBe('NOT_FOUND');
    expect(await codeOf(owner.transfers.complete.mutate({ account }))).toBe('STEPS_MISSING');
    const theirs = await stage.accept(email);
    // Again by the same person is the same.
    await theirs.transfers.acceptInvitation.mutate({ token });
    await theirs.transfers.confirmOwner.mutate({ account });
    expect((await theirs.transfers.get.query({ account })).may).toEqual(
      expect.arrayContaining(['setDetails', 'setPayment', 'choosePlan', 'complete', 'decline']),
    );
    expect(await codeOf(theirs.transfers.choosePlan.mutate({ account, plan: 'nothing', version: 1 }))).toBe(
      'PLAN_UNAVAILABLE',
    );
    expect(await codeOf(theirs.transfers.choosePlan.mutate({ account, plan: 'start', version: 9 }))).toBe('PLAN_STALE');
    expect(await codeOf(theirs.transfers.setPayment.mutate({ account, provider: 'gold' }))).toBe('BAD_REQUEST');
    await stage.setUp(theirs, account);
    await jobsEnded(stage.api.database);
    expect(await stageOf(theirs, account)).toBe('in_progress');
    await theirs.transfers.complete.mutate({ account });
    expect(await stageOf(theirs, account)).toBe('independent');
  });

  it('gives its owner Billing whatever caps say, and stays open under every suspension from above', async () => {
    const { parent, account, email } = await underWay({ completion: 'confirmed' });
    const caps = await owner.permissions.get.query({ account });
    await owner.permissions.set.mutate({
      account,
      levels: { billing: 'none', tasks: 'read' },
      expectedVersion: caps.version ?? 0,
    });
    const theirs = await stage.accept(email);
    const { levels } = await theirs.accounts.get.query({ account });
    expect([levels.billing, levels.tasks]).toEqual(['full', 'read']);
    const explained = await theirs.permissions.explain.query({ account, permission: 'billing' });
    expect(explained.explanations[0]?.standings[0]?.lines.map(({ entry }) => entry)).toEqual(['transfer', 'role']);
    await owner.accounts.suspend.mutate({ account: parent, kind: 'full_stop' });
    expect(await codeOf(theirs.accounts.get.query({ account }))).toBe('ACCOUNT_SUSPENDED');
    await stage.setUp(theirs, account);
    await theirs.transfers.complete.mutate({ account });
    expect((await theirs.accounts.get.query({ account })).levels).toMatchObject({ billing: 'full', tasks: 'full' });
  });

  it('is asked again for what is lost: an owner, a plan that is withdrawn, a plan not sold where details are', async () => {
    const { account, email } = await underWay({ completion: 'confirmed' });
    const theirs = await stage.accept(email);
    await stage.setUp(theirs, account);
    const missing = async () => (await theirs.transfers.get.query({ account })).transfer?.missing;
    expect(await missing()).toEqual([]);
    await stage.api.database.asOwner(`UPDATE plans SET offered = false WHERE id = 'business'`);
    await stage.settle();
    expect(await missing()).toEqual(['plan']);
    await stage.api.database.asOwner(`UPDATE plans SET offered = true WHERE id = 'business'`);
    const second = await join(stage.api.url, theirs, account, newEmail(), 'owner');
    const me = (await theirs.session.me.query()).user?.id;
    await second.members.setRole.mutate({ account, userId: me ?? '', role: 'admin' });
    expect((await second.transfers.get.query({ account })).transfer?.missing).toEqual(['owner', 'plan']);
  });

  it('is asked again for its owner when whoever confirmed is taken out of the account; both sides are told', async () => {
    const { account, email } = await underWay({ completion: 'confirmed' });
    const theirs = await stage.accept(email);
    const second = await join(stage.api.url, theirs, account, newEmail(), 'owner');
    const me = (await theirs.session.me.query()).user?.id;
    await second.members.remove.mutate({ account, userId: me ?? '' });
    const { transfer } = await owner.transfers.get.query({ account });
    expect(transfer).toMatchObject({ state: 'in_progress', steps: { owner: null } });
    expect(transfer?.missing).toContain('owner');
    await stage.mailTo(email, 'has to be confirmed again');
    await stage.mailTo(stage.api.email, 'has to be confirmed again');
    expect(await codeOf(theirs.transfers.get.query({ account }))).toBe('NOT_FOUND');
  });
});

describe('A billing transfer that ends otherwise', () => {
  it('is cancelled from above: everything is as before, and again is the same', async () => {
    const { account, email, name } = await underWay();
    const theirs = await stage.accept(email);
    await theirs.transfers.setDetails.mutate({ account, ...DETAILS });
    const token = await stage.tokenFor(email);
    for (let n = 0; n < 2; n += 1)
      expect(await owner.transfers.cancel.mutate({ account, reason: 'Not now' })).toMatchObject({
        stage: 'parent_billed',
        transfer: { state: 'cancelled', reason: 'Not now', steps: { details: null } },
      });
    expect(await codeOf(stranger().transfers.invitation.query({ token }))).toBe('NOT_FOUND');
    expect(await codeOf(owner.transfers.extend.mutate({ account, days: 1 }))).toBe('TRANSFER_NOT_STARTED');
    expect((await owner.accounts.get.query({ account })).transferUntil).toBeNull();
    await stage.mailTo(email, 'was cancelled');
    await stage.start(account, name, email);
    expect(await stageOf(owner, account)).toBe('in_progress');
  });

  it('is declined by an owner or by the link, with a reason to the parent', async () => {
    const one = await underWay();
    const token = await stage.tokenFor(one.email);
    await stranger().transfers.declineInvitation.mutate({ token, reason: 'No, thanks' });
    expect((await owner.transfers.get.query({ account: one.account })).transfer).toMatchObject({
      state: 'declined',
      reason: 'No, thanks',
    });
    await stage.mailTo(stage.api.email, 'No, thanks');
    const two = await underWay();
    const theirs = await stage.accept(two.email);
    const member = await join(stage.api.url, theirs, two.account, newEmail(), 'admin');
    expect(await codeOf(member.transfers.decline.mutate({ account: two.account }))).toBe('FORBIDDEN');
    await theirs.transfers.decline.mutate({ account: two.account });
    expect(await stageOf(owner, two.account)).toBe('parent_billed');
    const { ended } = await owner.transfers.list.query({ account: stage.api.root });
    expect(ended.filter(({ outcome }) => outcome === 'declined').map(({ account }) => account.id)).toEqual(
      expect.arrayContaining([one.account, two.account]),
    );
  });

  it('is extended, reminds at 7, 3 and 1 days once each, and expires by the clock of the database', async () => {
    const { account, email } = await underWay({ graceDays: 8 });
    const reminders = async () => (await stage.mailsTo(email)).filter((mail) => mail.includes('ends in')).length;
    await stage.settle();
    expect(await reminders()).toBe(0);
    await stage.pass(account, 2);
    for (let n = 0; n < 2; n += 1) await stage.settle();
    expect(await reminders()).toBe(1);
    // Either side finds from its mail where it goes on.
    for (const to of [email, stage.api.email])
      expect(await stage.mailTo(to, 'ends in 7 days')).toContain(`/a/${account}/billing`);
    await owner.transfers.extend.mutate({ account, days: 30 });
    expect(await codeOf(owner.transfers.extend.mutate({ account, days: 90 }))).toBe('GRACE_OUT_OF_RANGE');
    await stage.pass(account, 35);
    for (let n = 0; n < 3; n += 1) await stage.settle();
    expect(await reminders()).toBe(4);
    await stage.pass(account, 2);
    // Before the job comes for it, the end itself decides.
    expect(await codeOf(owner.transfers.cancel.mutate({ account }))).toBe('TRANSFER_EXPIRED');
    await stage.settle();
    expect((await owner.transfers.get.query({ account })).transfer?.state).toBe('expired');
    expect((await owner.accounts.get.query({ account })).status).toBe('active');
    await stage.mailTo(email, 'is over');
  });

  it('ends with its account when that is closed, and is sent to somebody else when the first one can’t', async () => {
    const { account, email } = await underWay();
    const token = await stage.tokenFor(email);
    const other = newEmail();
    await owner.transfers.resend.mutate({ account, recipient: other });
    await stage.tokenFor(other);
    expect(await codeOf(stranger().transfers.invitation.query({ token }))).toBe('NOT_FOUND');
    await owner.accounts.close.mutate({ account });
    expect((await owner.transfers.get.query({ account })).transfer?.state).toBe('cancelled');
  });
});

describe('What people from above have', () => {
  it('ends at that instant: memberships, keys, sessions, invitations and live streams; the rest stays', async () => {
    const { parent, account, email } = await underWay({ completion: 'confirmed', agency: 'ended' });
    const theirs = await stage.accept(email);
    await stage.setUp(theirs, account);
    const { key } = await theirs.keys.create.mutate({ account, name: 'Theirs' });
    const above = await stage.api.key(account);
    await owner.members.invite.mutate({ account, email: newEmail(), role: 'member' });
    const both = newEmail();
    const agent = await join(stage.api.url, owner, stage.api.root, both, 'agency_admin');
    const { link } = await theirs.members.invite.mutate({ account, email: both, role: 'viewer' });
    await agent.members.acceptInvitation.mutate({ token: link.split('/').at(-1) ?? '' });
    const { leavers } = await owner.transfers.preview.query({ account });
    expect(leavers.map(({ kind }) => kind).toSorted()).toEqual(['invitation', 'key', 'member']);
    const frames: { readonly stage: string }[] = [];
    const streams = [
      watcherWith(stage.api.url, stage.api.headers, 'transfers.live', { account }, (frame) =>
        frames.push((frame as { data: { stage: string } }).data),
      ),
      watcherWith(stage.api.url, { authorization: `Bearer ${above.secret}` }, 'accounts.live', { account }),
    ];
    await Promise.all(streams.map(({ ready }) => ready));
    await theirs.transfers.complete.mutate({ account });
    const began = performance.now();
    expect(await Promise.all(streams.map(({ cut }) => cut))).toEqual(['NOT_FOUND', 'UNAUTHORIZED']);
    expect(performance.now() - began).toBeLessThan(1_000);
    for (const stream of streams) stream.stop();
    expect(frames[0]?.stage).toBe('in_progress');
    expect(await codeOf(above.client.session.me.query())).toBe('UNAUTHORIZED');
    expect(await codeOf(agent.accounts.get.query({ account }))).toBe('NOT_FOUND');
    expect((await theirs.members.list.query({ account })).invitations).toEqual([]);
    expect((await theirs.members.list.query({ account })).members).toHaveLength(1);
    const program = clientWith(stage.api.url, { authorization: `Bearer ${key}` });
    expect((await program.accounts.get.query({ account })).members.total).toBe(1);
    const { ended } = await owner.transfers.list.query({ account: parent });
    expect(await owner.transfers.departure.query({ account: parent, departure: ended[0]!.id })).toMatchObject({
      agency: 'ended',
      invited: 0,
      ended: { member: 1, key: 1, session: 0, invitation: 1 },
    });
  });

  it('still delivers usage from before, by id or external id, and nothing from then on', async () => {
    const { parent, account, email } = await underWay({ completion: 'confirmed' });
    await stage.api.database.asOwner(`UPDATE accounts SET external_id = 'their-42' WHERE id = $1`, [account]);
    const theirs = await stage.accept(email);
    await stage.setUp(theirs, account);
    const { at } = await theirs.transfers.complete.mutate({ account });
    const { client } = await stage.api.key(stage.api.root);
    const record = async (to: string, ms: number, idempotencyKey: string) => {
      const event = {
        account: to,
        meter: 'call.minutes',
        quantity: '1',
        occurredAt: new Date(Date.parse(at) + ms).toISOString(),
        idempotencyKey,
      };
      const { results } = await client.usage.record.mutate({ account: stage.api.root, events: [event] });
      return results[0]?.status === 'refused' ? results[0].code : results[0]?.status;
    };
    expect(await record(account, -1, 'late-1')).toBe('accepted');
    expect(await record(account, -1, 'late-1')).toBe('duplicate');
    expect(await record('ext:their-42', -1, 'late-2')).toBe('accepted');
    expect(await record(account, 0, 'late-3')).toBe('NOT_FOUND');
    expect(await record('ext:their-42', 0, 'late-4')).toBe('NOT_FOUND');
    // Whom it left is told what it had used, late usage included.
    await stage.settle();
    await stage.api.composed.hall.usageDoor.settle(stage.api.root as AccountId);
    const { ended } = await owner.transfers.list.query({ account: parent });
    const { used } = await owner.transfers.departure.query({ account: parent, departure: ended[0]!.id });
    expect(used).toEqual([{ meter: 'call.minutes', label: 'Call minutes', unit: 'minute', quantity: '2' }]);
    // However long ago that was.
    await stage.api.database.asOwner(`UPDATE departures SET at = at - interval '31 days' WHERE id = $1`, [
      ended[0]!.id,
    ]);
    const lately = await owner.transfers.list.query({ account: parent });
    expect(lately).toMatchObject({ underWay: [], ended: [], nextCursor: expect.any(String) });
    const cursor = lately.nextCursor ?? '';
    expect(await owner.transfers.list.query({ account: parent, cursor })).toMatchObject({
      underWay: [],
      ended: [{ id: ended[0]!.id, account: { id: account }, outcome: 'completed', from: { id: parent } }],
      nextCursor: null,
    });
    expect(await codeOf(owner.transfers.list.query({ account: stage.api.root, cursor }))).toBe('BAD_REQUEST');
  });
});

describe('Completing, cancelling and expiring', () => {
  it('one of them wins, whatever comes at once', async () => {
    for (let n = 0; n < 6; n += 1) {
      const { account, email } = await underWay({ completion: 'confirmed' });
      const theirs = await stage.accept(email);
      await stage.setUp(theirs, account);
      await jobsEnded(stage.api.database);
      const race = [
        theirs.transfers.complete.mutate({ account }),
        owner.transfers.cancel.mutate({ account }),
        theirs.transfers.decline.mutate({ account }),
      ];
      const outcomes = await Promise.allSettled(n % 2 === 0 ? race : race.toReversed());
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const state = (await theirs.transfers.get.query({ account })).transfer?.state;
      expect(['completed', 'cancelled', 'declined']).toContain(state);
    }
  });

  it('and where the connection is cut, at a statement (each fifth, another run others; at each a server is killed in the long test), it is as before or as after', async () => {
    await stage.cutting();
    const { account, email, parent } = await underWay({ completion: 'confirmed' });
    const theirs = await stage.accept(email);
    await stage.setUp(theirs, account);
    await jobsEnded(stage.api.database);
    let cuts = 0;
    for (let n = randomInt(1, 6); n < 400; n += 5) {
      await stage.cutAt(n);
      const outcome = await theirs.transfers.complete.mutate({ account }).then(
        () => 'done',
        () => 'cut',
      );
      await stage.cutAt(0);
      const state = await stage.api.database.asOwner<{
        parent: string | null;
        state: string;
        left: number;
        plans: number;
      }>(
        `SELECT a.parent_id AS parent, t.state, (SELECT count(*)::int FROM departures WHERE departed = a.id) AS left,
           (SELECT count(*)::int FROM subscriptions s WHERE s.account_id = a.id) AS plans
         FROM accounts a JOIN billing_transfers t ON t.account_id = a.id WHERE a.id = $1`,
        [account],
      );
      if (outcome === 'done') {
        expect(state).toEqual([{ parent: null, state: 'completed', left: 1, plans: 1 }]);
        break;
      }
      cuts += 1;
      expect(state).toEqual([{ parent, state: 'in_progress', left: 0, plans: 0 }]);
    }
    expect(cuts).toBeGreaterThan(3);
  });
});
