import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientOf, clientWith, codeOf, join, PASSWORD, refusalOf, signIn } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
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
    const preview = await owner.transfers.preview.query({ account });
    expect(preview).toMatchObject({
      refused: null,
      nested: { accounts: 1, sample: [{ id: leaf, name: 'Leaf' }] },
      agency: { from: { id: api.root, name: 'Main' }, people: [{ email: api.email, role: 'owner' }] },
    });
    expect(preview.plans.map(({ id }) => id)).toEqual(['agency', 'business', 'start']);

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
    expect(ended).toMatchObject([{ account: { id: account, name: 'Leaving' }, outcome: 'completed', at }]);
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
