import type { AccountId } from '@tenantree/domain';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { readAccountState, type TenantTransaction } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { NOVEMBER_10, plant, ticking } from './tenants.ts';

let test: TestDatabase;
let root: AccountId;
let child: AccountId;

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  const now = ticking(NOVEMBER_10);
  root = await plant(test.db, null, 'Root', now());
  child = await plant(test.db, root, 'Child', now());
});
afterAll(() => test.drop());

const rename = (account: AccountId, name: string) =>
  test.db.withTenant(account, (trx) =>
    trx.updateTable('accounts').set({ name }).where('root_id', '=', root).where('id', '=', account).execute(),
  );
const nameOf = async (account: AccountId): Promise<string | undefined> =>
  (await test.asOwner<{ name: string }>('SELECT name FROM accounts WHERE id = $1', [account]))[0]?.name;
const seenBy = (account: AccountId): Promise<string | undefined> =>
  test.db.withTenant(account, async (trx) => (await readAccountState(trx, account))?.name, { snapshot: true });

describe('All that a call changes, in one transaction', () => {
  it('is committed with what is kept of its outcome, and told of after that', async () => {
    const told = vi.fn();
    const outcome = await test.db.inOne(
      async () => {
        await rename(root, 'One');
        test.db.afterCommit(told);
        expect([await nameOf(root), await seenBy(root)]).toEqual(['Root', 'One']);
        // As another account, in the same transaction.
        await rename(child, 'Below one');
        return 'done';
      },
      async (done, trx) => {
        expect([done, told.mock.calls.length]).toEqual(['done', 0]);
        expect(await nameOf(child)).toBe('Child');
        await sql`SELECT 1`.execute(trx as TenantTransaction);
      },
    );
    expect(outcome).toBe('done');
    expect([await nameOf(root), await nameOf(child)]).toEqual(['One', 'Below one']);
    expect(told).toHaveBeenCalledOnce();
  });

  it('is undone when the call fails, or what is kept of it can’t be, and nobody is told', async () => {
    const told = vi.fn();
    const change = async (): Promise<void> => {
      await rename(root, 'Two');
      test.db.afterCommit(told);
    };
    const failing = test.db.inOne(
      async () => {
        await change();
        throw new Error('after the change');
      },
      async () => undefined,
    );
    await expect(failing).rejects.toThrow('after the change');
    const unkept = test.db.inOne(change, async () => {
      throw new Error('while it was kept');
    });
    await expect(unkept).rejects.toThrow('while it was kept');
    expect(await nameOf(root)).toBe('One');
    expect(told).not.toHaveBeenCalled();
  });

  it('has no transaction where nothing is changed, and is told of at once', async () => {
    const told = vi.fn();
    await test.db.inOne(
      async () => {
        expect(await seenBy(root)).toBe('One');
        test.db.afterCommit(told);
        expect(told).toHaveBeenCalledOnce();
      },
      async (_, trx) => expect(trx).toBeNull(),
    );
  });

  it('takes in neither what the server does by itself nor what goes on when the call has ended', async () => {
    const later = Promise.withResolvers<void>();
    let after: Promise<unknown> = Promise.resolve();
    const failing = test.db.inOne(
      async () => {
        after = later.promise.then(() => rename(child, 'Later'));
        await test.db.onBehalfOf(null, () => rename(child, 'The server’s own'));
        expect(await nameOf(child)).toBe('The server’s own');
        throw new Error('the call failed');
      },
      async () => undefined,
    );
    await expect(failing).rejects.toThrow('the call failed');
    expect(await nameOf(child)).toBe('The server’s own');
    later.resolve();
    await after;
    expect(await nameOf(child)).toBe('Later');
  });

  it('goes on with a change after one that was refused', async () => {
    await test.db.inOne(
      async () => {
        const refused = test.db.withTenant(root, async () => {
          throw new Error('refused');
        });
        await expect(refused).rejects.toThrow('refused');
        await rename(root, 'Three');
      },
      async (_, trx) => expect(trx).not.toBeNull(),
    );
    expect(await nameOf(root)).toBe('Three');
  });
});
