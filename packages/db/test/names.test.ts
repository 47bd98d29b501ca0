import { readFile } from 'node:fs/promises';
import { nameKey, nameOrder, plainText } from '@tenantree/domain';
import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import { listChildren, migrate, openDatabase, searchSubtree } from '../src/index.ts';
import { createTestDatabase } from '../src/testing.ts';
import { NOVEMBER_10, PERIOD, plant, plantAll, ticking } from './tenants.ts';

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

/** First and last characters of scripts, with marks of theirs: Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Tamil, Thai, Kana, Hangul. */
const SCRIPTS = [
  [0x20, 0x7e],
  [0xc0, 0x17f],
  [0x1e00, 0x1eff],
  [0x2018, 0x2019],
  [0x300, 0x345],
  [0x391, 0x3ce],
  [0x400, 0x487],
  [0x5b0, 0x5ea],
  [0x620, 0x655],
  [0x905, 0x94d],
  [0xb85, 0xbcd],
  [0xe01, 0xe4e],
  [0x3041, 0x30fe],
  [0xac00, 0xac80],
] as const;

const inOrder = { statuses: ['active'], now: PERIOD, visibility: 'without_minutes', after: null } as const;

/** What databases may be made with, the one first that differs most: it has an i of its own. */
const LOCALES = [
  ['Turkish', `LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C.UTF-8'`],
  ['C', `LOCALE 'C'`],
  ['Swedish', `LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE' LOCALE 'C.UTF-8'`],
] as const;

describe('Names in a database', () => {
  it.each(LOCALES.slice(0, rounds(1, LOCALES.length)))(
    'of the locale %s sort and are found as in any other',
    async (_, locale) => {
      const server = inject('database');
      const other = await createTestDatabase(server, { template: 'empty' });
      const admin = new pg.Client(server);
      await admin.connect();
      const { database } = other.config;
      await admin.query(`DROP DATABASE ${database}`);
      await admin.query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8' ${locale}`);
      await admin.end();
      await migrate(other.config);
      const db = openDatabase(other.serving);
      const clock = ticking(NOVEMBER_10);
      const root = await plant(db, null, 'Root', clock());
      await plantAll(db, root, NAMES, clock());
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
    },
  );

  it('are found as screens find them, in every script, and have the key that they have there', async () => {
    const test = await createTestDatabase(inject('database'));
    const letters = SCRIPTS.map(([first, last]) =>
      fc.integer({ min: first, max: last }).map((code) => String.fromCodePoint(code)),
    );
    const unseen = fc.constantFrom('\u00A0', '\u3000', '\u200D', '\u00AD', '\u{E0020}', 'ﬁ', 'ẞ', 'ŉ');
    const text = fc.array(fc.oneof(...letters, unseen), { minLength: 1, maxLength: 12 }).map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 50 }), async (names) => {
        const { rows } = await test.db.pool.query<{ key: string; plain: string }>(
          'SELECT name_key(name) AS key, without_diacritics(name_key(name)) AS plain FROM unnest($1::text[]) WITH ORDINALITY k(name, i) ORDER BY i',
          [names],
        );
        const keys = names.map(nameKey);
        expect(rows.map(({ key }) => key)).toEqual(keys);
        expect(rows.map(({ plain }) => plain)).toEqual(keys.map(plainText));
      }),
    );
    await test.drop();
  });

  it('are sorted by indexes of tables that operators are told to index again after another ICU', async () => {
    const test = await createTestDatabase(inject('database'));
    const tables = await test.asOwner<{ name: string }>(
      `SELECT DISTINCT i.indrelid::regclass::text AS name FROM pg_index i JOIN pg_collation c ON c.oid = ANY (i.indcollation)
        WHERE c.collprovider = 'i' ORDER BY 1`,
    );
    const told = await readFile(new URL('../../../docs/operators.md', import.meta.url), 'utf8');
    expect([...told.matchAll(/REINDEX TABLE (\w+);/g)].map(([, table]) => table)).toEqual(
      tables.map(({ name }) => name),
    );
    await test.drop();
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
