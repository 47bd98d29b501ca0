import { findTransfer, giveTransferLink } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hashSecret } from '../src/hall/secrets.ts';
import { clientWith, codeOf } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
import { type MailServer, startMailServer } from './support/mail-server.ts';
import { stageTransfers, type TransferStage } from './support/transfer-stage.ts';

/** Addresses that the mail server is asked for and has not answered yet, and its answers. */
const held = new Map<string, PromiseWithResolvers<boolean>>();
let mails: MailServer;
let stage: TransferStage;
beforeAll(async () => {
  mails = await startMailServer((address) => held.get(address)?.promise ?? false);
  stage = await stageTransfers({ config: { smtp: { url: mails.url, from: 'hello@tree.example' } } });
});
afterAll(async () => {
  await stage.close();
  await mails.close();
});

const tokenFor = async (email: string): Promise<string> => {
  const found = () => mails.taken.findLast(({ to, text }) => to.includes(email) && text.includes('tt_transfer_'));
  await vi.waitFor(() => expect(found()).toBeDefined(), { timeout: 10_000, interval: 25 });
  return /tt_transfer_[\w-]+/.exec(found()?.text ?? '')?.[0] ?? '';
};
const present = async (account: string) =>
  (await stage.api.owner.transfers.get.query({ account })).transfer ?? expect.fail('it has one');

describe('The link of a billing transfer', () => {
  it('is made for the address that is invited only, and a mail that came back is that of its own address', async () => {
    const { owner, root, composed } = stage.api;
    const account = await stage.make(root, 'Mistyped');
    const answer = Promise.withResolvers<boolean>();
    held.set('mistyped@example.com', answer);
    await stage.start(account, 'Mistyped', 'mistyped@example.com');
    const asked = 'RCPT TO:<mistyped@example.com>';
    await vi.waitFor(() => expect(mails.said).toContain(asked), { timeout: 10_000, interval: 25 });
    await owner.transfers.resend.mutate({ account, recipient: 'right@example.com' });
    answer.resolve(true);
    const token = await tokenFor('right@example.com');
    await jobsEnded(stage.api.database);
    expect(await present(account)).toMatchObject({ recipient: 'right@example.com', mail: 'sent' });
    // A job that had read the address before.
    const id = account as AccountId;
    const given = await composed.hall.db.withTenant(id, async (trx) => {
      const stored = (await findTransfer(trx, id)) ?? expect.fail('it is there');
      const before = { id: stored.transfer.id, recipient: 'mistyped@example.com' };
      return giveTransferLink(trx, id, before, hashSecret('tt_transfer_other'));
    });
    expect(given).toBe(false);
    const stranger = clientWith(stage.api.url, {});
    expect((await stranger.transfers.invitation.query({ token })).email).toBe('right@example.com');
  });

  it('is told not to have come where a mail server refuses its address for good, until it goes to another one', async () => {
    const { owner, root, email } = stage.api;
    const account = await stage.make(root, 'Refused');
    const answer = Promise.withResolvers<boolean>();
    answer.resolve(true);
    held.set('nobody@example.com', answer);
    await stage.start(account, 'Refused', 'nobody@example.com');
    await vi.waitFor(async () => expect((await present(account)).mail).toBe('bounced'), { timeout: 10_000 });
    const told = () =>
      mails.taken.find(({ to, text }) => to.includes(email) && text.includes('could not be delivered'));
    await vi.waitFor(() => expect(told()).toBeDefined(), { timeout: 10_000 });
    expect((await present(account)).state).toBe('in_progress');
    const resent = await owner.transfers.resend.mutate({ account, recipient: 'somebody@example.com' });
    expect(resent.transfer?.mail).toBe('sent');
    expect(await tokenFor('somebody@example.com')).not.toBe('');
  });

  it('is none to whoever is signed in with another address: not to read, and not to decline', async () => {
    const account = await stage.make(stage.api.root, 'Forwarded');
    await stage.start(account, 'Forwarded', 'forwarded@example.com');
    const token = await tokenFor('forwarded@example.com');
    const { transfers } = stage.api.owner;
    expect(await codeOf(transfers.invitation.query({ token }))).toBe('NOT_FOUND');
    expect(await codeOf(transfers.declineInvitation.mutate({ token }))).toBe('NOT_FOUND');
    expect((await present(account)).state).toBe('in_progress');
  });
});
