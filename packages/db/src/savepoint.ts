import { CompiledQuery } from 'kysely';
import type { TenantTransaction } from './database.ts';

/** Does a part of a transaction: where it fails what it wrote is undone, and the transaction goes on. @throws what `work` throws */
export async function inSavepoint<T>(trx: TenantTransaction, work: () => Promise<T>): Promise<T> {
  const say = (text: string): Promise<unknown> => trx.executeQuery(CompiledQuery.raw(text));
  await say('SAVEPOINT part');
  try {
    const result = await work();
    await say('RELEASE SAVEPOINT part');
    return result;
  } catch (error) {
    await say('ROLLBACK TO SAVEPOINT part');
    await say('RELEASE SAVEPOINT part');
    throw error;
  }
}
