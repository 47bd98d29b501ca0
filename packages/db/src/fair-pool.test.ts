import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './testing.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(inject('database'));
});
afterAll(() => database.drop());

/** More at one time than there are connections, all of which last until told otherwise. */
function askForMuch(caller: string) {
  const { db } = database;
  const over = Promise.withResolvers<void>();
  let begun = 0;
  const all = Array.from({ length: 30 }, () =>
    db.onBehalfOf(caller, () =>
      db.app.transaction().execute(async (trx) => {
        await sql`SELECT 1`.execute(trx);
        begun += 1;
        await over.promise;
      }),
    ),
  );
  return {
    begun: () => begun,
    end: async () => {
      over.resolve();
      await Promise.all(all);
    },
  };
}

describe('connections to the database', () => {
  it('are there for others while one caller asks for all of them', async () => {
    const { db } = database;
    const loud = askForMuch('loud');
    const other = await db.onBehalfOf('other', () => db.pool.query('SELECT 2 AS two'));
    const own = await db.onBehalfOf(null, () => sql<{ three: number }>`SELECT 3 AS three`.execute(db.app));
    expect([other.rows, own.rows]).toEqual([[{ two: 2 }], [{ three: 3 }]]);
    expect(loud.begun()).toBeLessThan(30);
    await loud.end();
    expect(loud.begun()).toBe(30);
  });

  it('come back when a statement fails', async () => {
    const { db } = database;
    const failing = (): Promise<unknown> => db.onBehalfOf('clumsy', () => db.pool.query('SELECT nothing'));
    await Promise.allSettled(Array.from({ length: 30 }, failing));
    await expect(failing()).rejects.toThrow('nothing');
    expect((await db.onBehalfOf('clumsy', () => db.pool.query('SELECT 1 AS one'))).rows).toEqual([{ one: 1 }]);
  });
});
