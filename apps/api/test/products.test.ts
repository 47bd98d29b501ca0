import { createDecipheriv, hkdfSync, randomUUID } from 'node:crypto';
import type { Product } from '@tenantree/contract';
import type { RowId } from '@tenantree/domain';
import { PRODUCT_KINDS, type ProductKindKey } from '@tenantree/domain/products';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentsNamed, type Client, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
let account: string;
const logged: string[] = [];
beforeAll(async () => {
  api = await deploy({ onLog: (line) => logged.push(line) });
  owner = api.owner;
  account = await make('Account');
});
afterAll(() => api.close());

const make = async (name: string, parent = api.root): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name })).account.id;
const create = async (
  kind: ProductKindKey,
  document: Record<string, unknown>,
  { client = owner, at = account }: { client?: Client; at?: string } = {},
): Promise<RowId> => {
  const wish = { account: at, kind, products: [{ document: document as never }] };
  return (await client.products.create.mutate(wish)).products[0]!.id;
};
const get = async (kind: ProductKindKey, product: RowId, client = owner): Promise<Product> =>
  (await client.products.get.query({ account, kind, product })).product;
const save = async (kind: ProductKindKey, product: RowId, document: Record<string, unknown>, client = owner) => {
  const { version: expectedVersion } = await get(kind, product, client);
  const saved = { account, kind, product, expectedVersion, document: document as never };
  return (await client.products.save.mutate(saved)).product;
};

describe('Products', () => {
  it('are documents of a kind: made, read with what nobody said filled in, saved in part, listed by name (rules/products 1)', async () => {
    const base = await create('knowledgeBase', { name: 'Handbook' });
    const agent = await create('agent', { name: 'Front desk', knowledge: { bases: [base] } });
    expect(await get('agent', agent)).toMatchObject({
      name: 'Front desk',
      version: 1,
      savedBy: { name: 'Olivia Owner' },
      document: { general: { language: 'en', voice: { speed: 1 } }, knowledge: { bases: [base], results: 5 } },
      levels: { '': 'full', prompt: 'full' },
      refs: [{ at: '/knowledge/bases/0', kind: 'knowledgeBase', id: base, name: 'Handbook', state: 'there' }],
    });
    expect((await get('knowledgeBase', base)).usedBy).toEqual([{ id: agent, kind: 'agent', name: 'Front desk' }]);
    const saved = await save('agent', agent, { name: 'Reception', prompt: { greeting: 'Hello' } });
    expect(saved).toMatchObject({ version: 2, name: 'Reception', document: { knowledge: { bases: [base] } } });
    expect((await save('agent', agent, { prompt: saved.document['prompt'] })).version).toBe(2);
    await owner.products.create.mutate(agentsNamed(account, 'Desk 10', 'desk 9', 'Äpfel'));
    const list = (more: object) => owner.products.list.query({ account, kind: 'agent', ...more });
    const { rows, nextCursor } = await list({ limit: 3 });
    expect(rows.map(({ name }) => name)).toEqual(['Äpfel', 'desk 9', 'Desk 10']);
    expect((await list({ limit: 3, cursor: nextCursor })).rows.map(({ name }) => name)).toEqual(['Reception']);
    expect((await list({ search: 'apf' })).rows.map(({ name }) => name)).toEqual(['Äpfel']);
    expect((await list({ order: 'newest', limit: 1 })).rows.map(({ name }) => name)).toEqual(['Äpfel']);
    expect((await owner.accounts.get.query({ account })).agents).toEqual({ own: 4, total: 4 });
  });
});
