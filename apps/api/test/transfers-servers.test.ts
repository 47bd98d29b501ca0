import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { doTransfersDue } from '../src/transfers/due-transfers.ts';
import { codeOf } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
import { startApi } from './support/start-api.ts';
import { stageTransfers, type TransferStage } from './support/transfer-stage.ts';

const FIVE_MINUTES = 5 * 60_000;
const ahead = { nowMs: () => Date.now() + FIVE_MINUTES };
const behind = { nowMs: () => Date.now() - FIVE_MINUTES };

let stage: TransferStage;
let other: Composed;
beforeAll(async () => {
  stage = await stageTransfers({ clock: ahead, config: { transferExpiry: 'suspend' } });
  other = await startApi(stage.api.database.serving, {
    clock: behind,
    config: { dataDir: stage.dataDir, transferExpiry: 'suspend' },
  });
});
afterAll(async () => {
  await other.close();
  await stage.close();
});

/** What the journal says of the transfer of an account, oldest first. */
const saidOf = async (account: string): Promise<string[]> =>
  (
    await stage.api.database.asOwner<{ kind: string }>(
      `SELECT kind FROM journal WHERE target_id = $1 AND kind LIKE 'transfer.%' ORDER BY seq`,
      [account],
    )
  ).map(({ kind }) => kind);

describe('Two servers whose clocks are ten minutes apart', () => {
  it('remind once and end a transfer once, when the clock of the database says so', async () => {
    const account = await stage.make(stage.api.root, 'Timed');
    const { ifUnfinished } = await stage.api.owner.transfers.preview.query({ account });
    expect(ifUnfinished).toBe('suspend');
    await stage.start(account, 'Timed', 'timed@example.com', { graceDays: 2 });
    await jobsEnded(stage.api.database);
    const both = () => Promise.all([stage.api.composed.jobs.run(), other.jobs.run()]);
    // Two minutes before it is due by the database, one of them thinks it is.
    await stage.pass(account, 1 - 2 / 1_440);
    await both();
    expect(await saidOf(account)).toEqual(['transfer.started']);
    await stage.pass(account, 3 / 1_440);
    await Promise.all([both(), both()]);
    expect(await saidOf(account)).toEqual(['transfer.started', 'transfer.reminded']);
    await stage.pass(account, 1);
    await Promise.all([both(), both()]);
    expect(await saidOf(account)).toEqual(['transfer.started', 'transfer.reminded', 'transfer.expired']);
    await stage.mailTo('timed@example.com', 'and is suspended');
    // As this deployment has chosen; it can be started again once that is lifted.
    expect((await stage.api.owner.accounts.get.query({ account })).status).toBe('suspended');
    const again = { account, name: 'Timed', recipient: 'timed@example.com' };
    expect(await codeOf(stage.api.owner.transfers.start.mutate(again))).toBe('ACCOUNT_SUSPENDED');
  });

  it('end it before or after, wherever the connection is cut', async () => {
    const account = await stage.make(stage.api.root, 'Cut');
    await stage.start(account, 'Cut', 'cut@example.com', { graceDays: 1 });
    await jobsEnded(stage.api.database);
    await stage.pass(account, 2);
    await stage.cutting();
    let cuts = 0;
    for (let n = 1; n < 200; n += 1) {
      await stage.cutAt(n);
      // By itself: what else is due at that moment would be cut in its place.
      await doTransfersDue(stage.api.composed.hall, () => undefined);
      await stage.cutAt(0);
      const [state] = await stage.api.database.asOwner<{ state: string; marked: boolean; status: string }>(
        `SELECT t.state, a.transfer_until IS NOT NULL AS marked, a.status FROM accounts a JOIN billing_transfers t ON t.account_id = a.id WHERE a.id = $1`,
        [account],
      );
      if (state?.state === 'expired') {
        expect(state).toEqual({ state: 'expired', marked: false, status: 'suspended' });
        break;
      }
      cuts += 1;
      expect(state).toEqual({ state: 'in_progress', marked: true, status: 'active' });
    }
    expect(cuts).toBeGreaterThan(3);
  });
});

describe('The first invoice of an independent account (M9)', () => {
  it('is for the part of the month from its transfer on, to the last minor unit', async () => {
    const clock = { nowMs: () => Date.parse('2026-11-02T00:00:00Z') };
    const november = await stageTransfers({ clock });
    const account = await november.make(november.api.root, 'M9');
    await november.start(account, 'M9', 'm9@example.com', { completion: 'confirmed' });
    const theirs = await november.accept('m9@example.com');
    await november.setUp(theirs, account);
    await theirs.transfers.complete.mutate({ account });
    const at = '2026-10-17T09:30:00Z';
    for (const moved of [
      `UPDATE past_placements SET valid_to = $2 WHERE account_id = $1`,
      `UPDATE accounts SET placed_at = $2 WHERE id = $1`,
      `UPDATE subscriptions SET valid_from = $2, billed_to = '2026-10-01T00:00:00Z' WHERE account_id = $1`,
    ])
      await november.api.database.asOwner(moved, [account, at]);
    const event = {
      meter: 'call.minutes',
      quantity: '310.4',
      occurredAt: '2026-10-20T10:00:00Z',
      idempotencyKey: 'm9',
    };
    await theirs.usage.record.mutate({ account, events: [event] });
    const { invoice } = await theirs.invoices.closePeriod.mutate({ account, period: '2026-10' });
    const { lines } = await theirs.invoices.get.query({ account, invoice: invoice.id });
    expect(lines.map(({ type, amount }) => [type, amount.minor])).toEqual(
      expect.arrayContaining([
        ['fee', '2308'],
        ['usage', '591'],
      ]),
    );
    expect(invoice.total.minor).toBe('2899');
    await november.close();
  });
});
