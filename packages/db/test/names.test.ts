import { nameKey, nameOrder } from '@tenantree/domain';
import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { listChildren, migrate, openDatabase, searchSubtree } from '../src/index.ts';
import { createTestDatabase } from '../src/testing.ts';
import { NOVEMBER_10, PERIOD, plant, ticking } from './tenants.ts';

const NAMES = [
  'Item 10',
  'item 2',
  'ITEM 3',
  'Äpfel',
  'apple',
  'İstanbul',
  'ISPARTA',
  'ılıca',
  'Éclair',
  'zoo',
  'Öl',
  '7 Up',
  '(x)',
];
const SORTED = [
  '(x)',
  '7 Up',
  'Äpfel',
  'apple',
  'Éclair',
  'ılıca',
  'ISPARTA',
  'İstanbul',
  'item 2',
  'ITEM 3',
  'Item 10',
  'Öl',
  'zoo',
];

const inOrder = { statuses: ['active'], now: PERIOD, visibility: 'without_minutes', after: null } as const;

describe('Names in a database', () => {
  it.each([
    ['C', `LOCALE 'C'`],
    ['Turkish', `LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C.UTF-8'`],
    ['Swedish', `LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE' LOCALE 'C.UTF-8'`],
  ])('of the locale %s sort and are found as in any other', async (_, locale) => {
    const server = inject('database');
    const other = await createTestDatabase(server, { template: 'empty' });
    const admin = new pg.Client(server);
    await admin.connect();
    const { database } = other.config;
    await admin.query(`DROP DATABASE ${database}`);
    await admin.query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8' ${locale}`);
    await admin.end();
    await migrate(other.config);
    const db = openDatabase(other.config);
    const clock = ticking(NOVEMBER_10);
    const root = await plant(db, null, 'Root', clock());
    for (const name of NAMES) await plant(db, root, name, clock());
    const { rows } = await db.withTenant(root, (trx) =>
      listChildren(trx, { ...inOrder, parent: root, sort: 'name', direction: 'asc', limit: 50 }),
    );
    expect(rows.map(({ name }) => name)).toEqual(SORTED);
    for (const [typed, name] of [
      ['istanbul', 'İstanbul'],
      ['ISTANBUL', 'İstanbul'],
      ['ilica', 'ılıca'],
      ['eclair', 'Éclair'],
    ] as const) {
      const query = { ...inOrder, within: root, text: typed, textKey: nameKey(typed), limit: 50 };
      const found = await db.withTenant(root, (trx) => searchSubtree(trx, query));
      expect(found.rows.map((row) => row.name)).toEqual([name]);
    }
    await db.close();
    await other.drop();
  });

  it('sort as screens sort them', async () => {
    const test = await createTestDatabase(inject('database'));
    const compare = nameOrder();
    const part = fc.constantFrom('a', 'B', 'ä', 'é', 'ß', 'z', '1', '02', '10', ' ', '-', 'ı', 'ω', 'я');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => nameKey(parts.join(''))),
          { minLength: 2 },
        ),
        async (keys) => {
          const { rows } = await test.db.pool.query<{ key: string }>(
            'SELECT key FROM unnest($1::text[]) key ORDER BY key COLLATE by_name',
            [keys],
          );
          expect(rows.map(({ key }) => key)).toEqual(keys.toSorted(compare));
        },
      ),
    );
    await test.drop();
  });
});
