import { HIGHEST, PERMISSIONS } from '@tenantree/domain';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

it('The database knows the highest level of every permission, as the registry has it', async () => {
  const [row] = await test.asOwner<{ highest: unknown; count: number }>(
    'SELECT highest_caps() AS highest, count_of_permissions() AS count',
  );
  expect(row).toEqual({ highest: HIGHEST, count: PERMISSIONS.length });
});
