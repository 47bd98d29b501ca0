import { createDecipheriv, hkdfSync, randomUUID } from 'node:crypto';
import type { Product } from '@tenantree/contract';
import type { RowId } from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { agentsNamed, type Client, clientWith, clientWithToken, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';

let api: Deployment;
let owner: Client;
let account: string;
let logged = '';
beforeAll(async () => {
  api = await deploy({ onLog: (line) => (logged += line) });
  owner = api.owner;
  account = await make('Account');
});
afterAll(() => api.close());

type Doc = Record<string, unknown>;
type Event = Parameters<Client['usage']['record']['mutate']>[0]['events'][number];
type As = { readonly client?: Client; readonly at?: string };

const make = async (name: string, parent = api.root): Promise<string> =>
  (await owner.accounts.create.mutate({ account: parent, name })).account.id;
const creating = (kind: ProductKindKey, document: Doc, { client = owner, at = account }: As = {}) =>
  client.products.create.mutate({ account: at, kind, products: [{ document: document as never }] });
const create = async (kind: ProductKindKey, document: Doc, as?: As): Promise<RowId> =>
  (await creating(kind, document, as)).products[0]!.id;
const get = async (kind: ProductKindKey, product: RowId, { client = owner, at = account }: As = {}): Promise<Product> =>
  (await client.products.get.query({ account: at, kind, product })).product;
const save = async (kind: ProductKindKey, product: RowId, document: Doc, as: As = {}): Promise<Product> => {
  const { client = owner, at = account } = as;
  const { version: expectedVersion } = await get(kind, product, as);
  const saved = { account: at, kind, product, expectedVersion, document: document as never };
  return (await client.products.save.mutate(saved)).product;
};
const listed = async (kind: ProductKindKey, more: object = {}, at = account): Promise<string[]> =>
  (await owner.products.list.query({ account: at, kind, ...more })).rows.map(({ name }) => name);
const used = async (at: string, kind: string): Promise<string | undefined> =>
  (await owner.limits.get.query({ account: at })).limits.find((limit) => limit.kind === kind)?.used ?? undefined;

describe('Products', () => {
  it('says of its kinds what they and their fields are called, in German when that is asked for', async () => {
    const label = async (language?: string) => {
      const { kinds } = await owner.products.kinds.query(language === undefined ? undefined : { language });
      return kinds.find(({ kind }) => kind === 'knowledgeBase')?.label;
    };
    expect([await label(), await label('de-CH'), await label('xx'), await label('den')]).toEqual([
      'Knowledge base',
      'Wissensdatenbank',
      'Knowledge base',
      'Knowledge base',
    ]);
  });

  it('are documents of a kind: made, read with what nobody said filled in, saved in part, listed by name (rules/products 1, 2)', async () => {
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
    const first = await owner.products.list.query({ account, kind: 'agent', limit: 3 });
    expect(first.rows.map(({ name }) => name)).toEqual(['Äpfel', 'desk 9', 'Desk 10']);
    expect(await listed('agent', { limit: 3, cursor: first.nextCursor })).toEqual(['Reception']);
    expect(await listed('agent', { search: 'apf' })).toEqual(['Äpfel']);
    expect(await listed('agent', { order: 'newest', limit: 1 })).toEqual(['Äpfel']);
    expect((await owner.accounts.get.query({ account })).agents).toEqual({ own: 4, total: 4 });
    await create('contact', { name: 'Ann', phone: '+4930123456' });
    await create('contact', { name: 'Ann', email: 'ann@example.com', company: 'ΑΦΟΙ ΠΑΠΠΑΣ' });
    const found = await owner.products.list.query({ account, kind: 'contact', search: '12345' });
    expect(found.rows).toMatchObject([{ name: 'Ann', columns: ['+4930123456', null, ''] }]);
    expect(await listed('contact', { search: 'παππας' })).toEqual(['Ann']);
    expect(await listed('contact', { search: 'παππας', order: 'newest' })).toEqual(['Ann']);
    const { csv } = await owner.products.export.query({ account, kind: 'contact' });
    expect(csv.split('\r\n')[0]).toBe(
      'id,externalId,name,phone,email,company,language,mayBeCalled,tags,fields,notes,version,savedAt',
    );
    // What a search finds alone, as the list does: by what that shows, and not by all that is in the file.
    const rowsOf = async (search: string) =>
      (await owner.products.export.query({ account, kind: 'contact', search })).csv.trimEnd().split('\r\n').slice(1);
    expect(await rowsOf('12345')).toEqual([expect.stringContaining("'+4930123456")]);
    expect(await rowsOf('[]')).toEqual([]);
  });

  it('are answered as they are when their external id is known under the same name, many at once (rules/products 3)', async () => {
    const at = await make('Many');
    const wish = (name: string, externalId: string) => ({ externalId, document: { name } });
    const products = [wish('One', 'a'), wish('Two', 'b'), wish('One', 'a')];
    const made = await owner.products.create.mutate({ account: at, kind: 'contact', products });
    expect([made.created, made.products[2]]).toEqual([2, made.products[0]]);
    const again = await owner.products.create.mutate({ account: at, kind: 'contact', products });
    expect(again).toEqual({ products: made.products, created: 0 });
    const other = { account: at, kind: 'contact' as const, products: [wish('Three', 'c'), wish('Other', 'a')] };
    expect(await codeOf(owner.products.create.mutate(other))).toBe('EXTERNAL_ID_CONFLICT');
    expect(await listed('contact', {}, at)).toEqual(['One', 'Two']);
  });

  it('are refused with all that is wrong, each with its pointer, and nothing is made (rules/products 3)', async () => {
    const at = await make('Refused');
    const refused = (kind: ProductKindKey, document: Doc) => refusalOf(creating(kind, document, { at }));
    const nobody = randomUUID();
    expect(await refused('agent', { name: 'A', general: { language: 'x', foo: 1 }, prompt: 4 })).toMatchObject({
      code: 'DOCUMENT_INVALID',
      field: 'products.0/general/language',
      faults: [{ at: '/general/language' }, { at: '/general/foo' }, { at: '/prompt' }],
    });
    const goal = { id: 'g', name: 'Goal' };
    expect(await refused('agent', { name: 'A', analytics: { goals: [goal, goal] } })).toMatchObject({
      faults: [{ at: '/analytics/goals/1/id' }],
    });
    const closed = [{ id: 'c', from: '2026-12-24', to: '2026-12-01' }];
    expect(await refused('schedule', { name: 'S', timeZone: 'Mars/Base', closed })).toMatchObject({
      faults: [{ at: '/timeZone' }, { at: '/closed/0/to' }],
    });
    const large = Array.from({ length: 3 }, (_, n) => ({ id: `d${n}`, type: 'text', text: 'x'.repeat(90_000) }));
    expect((await refused('knowledgeBase', { name: 'K', documents: large })).code).toBe('DOCUMENT_TOO_LARGE');
    expect((await refused('task', { name: 'nul \0' })).code).toBe('BAD_REQUEST');
    expect((await refused('task', { name: ' ' })).code).toBe('NAME_INVALID');
    expect((await refused('task', {})).code).toBe('DOCUMENT_INVALID');
    expect(await refused('task', { name: 'T', assignee: nobody })).toMatchObject({
      code: 'REFERENCE_MISSING',
      field: '/assignee',
    });
    expect(await refused('agent', { name: 'A', knowledge: { bases: [nobody] } })).toMatchObject({
      code: 'REFERENCE_MISSING',
      faults: [{ at: '/knowledge/bases/0' }],
    });
    // What is of another account, or of another kind, isn't there either.
    const [theirs, agent] = [
      await create('knowledgeBase', { name: 'Theirs' }),
      await create('agent', { name: 'Agent' }, { at }),
    ];
    for (const id of [theirs, agent])
      expect((await refused('agent', { name: 'A', knowledge: { bases: [id] } })).code).toBe('REFERENCE_MISSING');
    expect((await refused('agent', { name: 'AGENT ' })).code).toBe('NAME_TAKEN');
    await create('trustCenter', {}, { at });
    expect((await refused('trustCenter', { name: 'Second' })).code).toBe('NAME_TAKEN');
    expect((await refused('conversation', { name: 'C' })).code).toBe('FORBIDDEN');
    const unknown = owner.products.list.query({ account: at, kind: 'webhook' as never });
    expect(await refusalOf(unknown)).toMatchObject({ code: 'BAD_REQUEST', field: 'kind' });
    expect(await listed('agent', {}, at)).toEqual(['Agent']);
  });

  it('name each other in circles, and nothing in another account, whatever the database is told (rules/products 7)', async () => {
    const one = await create('agent', { name: 'Circle one' });
    const two = await create('agent', { name: 'Circle two', callFlow: { transferTo: [one] } });
    await save('agent', one, { callFlow: { transferTo: [two, one] } });
    expect((await get('agent', one)).refs.map(({ id, state }) => [id, state])).toEqual([
      [two, 'there'],
      [one, 'there'],
    ]);
    const elsewhere = await create('agent', { name: 'Elsewhere' }, { at: await make('Other account') });
    const named = `INSERT INTO product_refs (root_id, account_id, from_id, place, to_id, required)
      SELECT root_id, account_id, id, '/x', '${elsewhere}', false FROM products WHERE id = '${one}'`;
    await expect(api.database.asOwner(named)).rejects.toThrow('product_refs_root_id_account_id_to_id_fkey');
  });

  it('are saved over a version that was seen: a conflict shows what is there now (rules/products 5)', async () => {
    const agent = await create('agent', { name: 'Contested' });
    await save('agent', agent, { prompt: { greeting: 'First' } });
    const stale = { account, kind: 'agent' as const, product: agent, expectedVersion: 1, document: { name: 'Mine' } };
    expect(await refusalOf(owner.products.save.mutate(stale))).toMatchObject({
      code: 'VERSION_CONFLICT',
      present: { version: 2, document: { name: 'Contested', prompt: { greeting: 'First' } } },
    });
  });

  it('keep what they were for 90 days, and are made it again; deleted ones come back with their id (rules/products 5)', async () => {
    const at = await make('Past');
    await owner.limits.set.mutate({ account: at, limits: [{ kind: 'campaigns', max: 1 }] });
    const product = await create('campaign', { name: 'Spring', goal: 'One' }, { at });
    const of = { account: at, kind: 'campaign' as const, product };
    await save('campaign', product, { name: 'Summer', goal: 'Two' }, { at });
    expect((await owner.products.get.query({ ...of, version: 1 })).product).toMatchObject({
      name: 'Spring',
      version: 1,
    });
    const restored = await owner.products.restore.mutate({ ...of, version: 1, expectedVersion: 2 });
    expect(restored.product).toMatchObject({ version: 3, name: 'Spring', document: { goal: 'One' } });
    expect((await owner.products.delete.mutate({ account: at, kind: 'campaign', products: [product] })).deleted).toBe(
      1,
    );
    expect(await used(at, 'campaigns')).toBe('0');
    expect((await owner.products.deleted.query({ account: at, kind: 'campaign' })).rows).toMatchObject([
      { id: product, name: 'Spring', version: 3, deletedBy: { name: 'Olivia Owner' } },
    ]);
    const { rows } = await owner.products.versions.query(of);
    expect(rows.map(({ version, state }) => [version, state])).toEqual([
      [3, 'deleted'],
      [2, 'past'],
      [1, 'past'],
    ]);
    const other = await create('campaign', { name: 'SUMMER' }, { at });
    const back = (version: number) => owner.products.restore.mutate({ ...of, version, expectedVersion: 3 });
    expect(await codeOf(back(2))).toBe('NAME_TAKEN');
    expect(await codeOf(back(1))).toBe('LIMIT_REACHED');
    await owner.products.delete.mutate({ account: at, kind: 'campaign', products: [other] });
    expect((await back(2)).product).toMatchObject({ id: product, name: 'Summer', version: 4 });
    expect(await used(at, 'campaigns')).toBe('1');
    expect((await owner.products.versions.query({ ...of, limit: 1 })).rows).toMatchObject([
      { version: 4, state: 'present' },
    ]);
    await api.database.asOwner(`UPDATE product_versions SET ended_at = ended_at - interval '90 days'`);
    await api.composed.jobs.run();
    expect((await owner.products.versions.query(of)).rows.map(({ version }) => version)).toEqual([4]);
    const sentences = (await owner.audit.list.query({ account: at, kind: 'products' })).rows.map(
      ({ sentence }) => sentence,
    );
    expect(sentences.toReversed().slice(0, 4)).toEqual([
      'created in Past, campaign: Spring',
      'saved Summer in Past (campaign), version 2',
      'restored Spring in Past (campaign) as it was in version 1',
      'deleted Spring in Past (campaign)',
    ]);
  });

  it('are not deleted while others need them that stay; what only may be missing is shown so (rules/products 7)', async () => {
    const at = await make('Needed');
    const [tool, number] = [
      await create('tool', { name: 'Calendar' }, { at }),
      await create('phoneNumber', { name: 'Main', number: '+4930123456' }, { at }),
    ];
    const items = [{ id: 'a', tool }];
    const agent = await create('agent', { name: 'User', tools: { items }, callFlow: { number } }, { at });
    const remove = (kind: ProductKindKey, ...products: RowId[]) =>
      owner.products.delete.mutate({ account: at, kind, products });
    expect(await refusalOf(remove('tool', tool))).toMatchObject({
      code: 'STILL_NEEDED',
      users: [{ id: agent, kind: 'agent', name: 'User' }],
    });
    await remove('phoneNumber', number);
    expect((await get('agent', agent, { at })).refs).toMatchObject([
      { at: '/tools/items/a/tool', state: 'there' },
      { at: '/callFlow/number', id: number, name: null, state: 'missing' },
    ]);
    // It was missing before: other things are saved all the same.
    expect((await save('agent', agent, { prompt: { style: 'Short' } }, { at })).version).toBe(2);
    expect(await codeOf(remove('agent', agent, randomUUID() as RowId))).toBe('NOT_FOUND');
    await remove('agent', agent);
    await remove('tool', tool);
    expect((await owner.accounts.get.query({ account: at })).agents.own).toBe(0);
  });

  it('keep secrets apart: set, kept, cleared, never read back, and nowhere in clear (rules/products 6)', async () => {
    const [key, header] = [`sk-${'4'.repeat(20)}-tail`, `hv-${'5'.repeat(20)}-tail`];
    const headers = [
      { id: 'h1', type: 'secret', name: 'X-One', value: header },
      { id: 'h2', type: 'secret', name: 'X-Two', value: 'short-one' },
      { id: 'h3', type: 'plain', name: 'X-Three', value: 'seen' },
    ];
    const product = await create('tool', { name: 'Secretive', auth: { type: 'bearer', apiKey: key }, headers });
    const { document } = await get('tool', product);
    expect(document).toMatchObject({
      auth: { apiKey: { set: true, last4: 'tail' } },
      headers: [{ value: { set: true, last4: 'tail' } }, { value: { set: true, last4: '' } }, { value: 'seen' }],
    });
    // As it was read, in another order, and one that is plain now: its secret is gone.
    const [h1, , h3] = document['headers'] as Doc[];
    const sorted = [h3, h1, { id: 'h2', type: 'plain', name: 'X-Two', value: 'plain' }];
    const saved = await save('tool', product, { ...document, description: 'Changed', headers: sorted });
    expect(saved.document['headers']).toMatchObject([
      { id: 'h3' },
      { id: 'h1', value: { set: true, last4: 'tail' } },
      { value: 'plain' },
    ]);
    const stored = await api.database.asOwner<{ place: string; ciphertext: Buffer }>(
      `SELECT place, ciphertext FROM product_secrets WHERE product_id = '${product}' ORDER BY place`,
    );
    expect(stored.map(({ place }) => place)).toEqual(['/auth/apiKey', '/headers/h1/value']);
    const secret = api.composed.hall.settings.secret;
    const open = (place: string, { ciphertext }: { ciphertext: Buffer }): string => {
      const opened = Buffer.from(hkdfSync('sha256', secret, '', 'tenantree secrets of products', 32));
      const cipher = createDecipheriv('aes-256-gcm', opened, ciphertext.subarray(1, 13));
      cipher.setAAD(Buffer.from(`${account} ${product} ${place}`)).setAuthTag(ciphertext.subarray(13, 29));
      return Buffer.concat([cipher.update(ciphertext.subarray(29)), cipher.final()]).toString();
    };
    expect(open('/auth/apiKey', stored[0]!)).toBe(key);
    expect(() => open('/headers/h1/value', stored[0]!)).toThrow();
    const cleared = await save('tool', product, { ...saved.document, auth: { type: 'none', apiKey: null } });
    expect(cleared.document['auth']).toEqual({ type: 'none', header: 'X-Api-Key' });
    const refused = await refusalOf(creating('tool', { name: 'Bad', auth: { apiKey: key }, url: 'no' }));
    const tables = ['products', 'product_versions', 'journal', 'kept_answers'];
    const texts = tables.map((table) =>
      api.database.asOwner<{ text: string }>(`SELECT t::text AS text FROM ${table} t`),
    );
    const everything = JSON.stringify([...(await Promise.all(texts)), document, saved, cleared, refused]) + logged;
    for (const value of [key, header, 'short-one']) expect(everything).not.toContain(value);
  });

  it('are limited by kind as soon as they exist, and counted for those above (rules/products 8)', async () => {
    const parent = await make('Limits');
    const at = await make('Limited', parent);
    await owner.limits.set.mutate({
      account: parent,
      limits: [
        { kind: 'contacts', max: 2 },
        { kind: 'phoneNumbers', max: 0 },
      ],
    });
    const contacts = (...names: string[]) =>
      owner.products.create.mutate({
        account: at,
        kind: 'contact',
        products: names.map((name) => ({ document: { name } })),
      });
    expect(await codeOf(contacts('A', 'B', 'C'))).toBe('LIMIT_REACHED');
    await contacts('A', 'B');
    expect(await refusalOf(contacts('C'))).toMatchObject({
      limit: { kind: 'contacts', account: { id: parent }, max: '2', used: '2' },
    });
    expect(await codeOf(creating('phoneNumber', { name: 'N', number: '+4930123456' }, { at }))).toBe('LIMIT_REACHED');
    expect([await used(parent, 'contacts'), await used(at, 'phoneNumbers')]).toEqual(['2', '0']);
    await create('knowledgeBase', { name: 'Free' }, { at });
    expect(await used(parent, 'knowledgeBases')).toBe('1');
  });
});

describe('What somebody may do with products (rules/products 4)', () => {
  it('follows the rows of kind and part: a part that they may not read isn’t sent, and none that they may not write is changed', async () => {
    const at = await make('Capped');
    const [viewer, member] = [
      await join(api.url, owner, at, 'viewer@example.com', 'viewer'),
      await join(api.url, owner, at, 'member@example.com', 'member'),
    ];
    const { version } = await owner.permissions.get.query({ account: at });
    const levels = { 'agents.prompt': 'none', 'agents.tools': 'read', 'agents.analytics': 'read' } as const;
    await owner.permissions.set.mutate({ account: at, levels, expectedVersion: version ?? 0 });
    const agent = await create('agent', { name: 'Agent', prompt: { greeting: 'hidden words' } }, { at });
    const seen = await get('agent', agent, { client: member, at });
    expect(seen.levels).toMatchObject({ '': 'full', general: 'full', prompt: 'none', tools: 'read' });
    expect(Object.keys(seen.document)).not.toContain('prompt');
    const as = { client: member, at };
    // All that they read, sent back with one part changed.
    const general = { ...(seen.document['general'] as Doc), description: 'Changed' };
    expect(await save('agent', agent, { ...seen.document, general }, as)).toMatchObject({ version: 2 });
    expect((await get('agent', agent, { at })).document['prompt']).toMatchObject({ greeting: 'hidden words' });
    expect(await codeOf(save('agent', agent, { prompt: {} }, as))).toBe('FORBIDDEN');
    expect(await codeOf(save('agent', agent, { tools: { parallel: true } }, as))).toBe('FORBIDDEN');
    expect(await codeOf(creating('agent', { name: 'Other', analytics: { record: true } }, as))).toBe('FORBIDDEN');
    await create('agent', { name: 'Other' }, as);
    const stale = { account: at, kind: 'agent' as const, product: agent, expectedVersion: 1, document: { name: 'X' } };
    expect(JSON.stringify(await refusalOf(member.products.save.mutate(stale)))).not.toContain('hidden words');
    expect(await codeOf(save('agent', agent, { name: 'X' }, { client: viewer, at }))).toBe('FORBIDDEN');
    // Of the role alone, whatever the levels are.
    const remove = (client: Client) => client.products.delete.mutate({ account: at, kind: 'agent', products: [agent] });
    expect(await codeOf(remove(member))).toBe('FORBIDDEN');
    expect(await codeOf(member.products.list.query({ account: at, kind: 'integration' }))).toBe('FORBIDDEN');
    expect(await codeOf(creating('sipTrunk', { name: 'T' }, as))).toBe('FORBIDDEN');
    await create('tool', { name: 'Owner’s' }, { at });
    expect(await codeOf(creating('tool', { name: 'Mine' }, as))).toBe('FORBIDDEN');
    // What of an agent they may not see, they don't see in an older version either, and don't bring back.
    const past = await member.products.get.query({ account: at, kind: 'agent', product: agent, version: 1 });
    expect(Object.keys(past.product.document)).not.toContain('prompt');
    await save('agent', agent, { prompt: { greeting: 'other words' } }, { at });
    const back = { account: at, kind: 'agent' as const, product: agent, version: 1, expectedVersion: 3 };
    expect(await codeOf(member.products.restore.mutate(back))).toBe('FORBIDDEN');
    expect((await remove(owner)).deleted).toBe(1);
  });

  it('holds for keys with scopes, and for screens that were opened for products', async () => {
    const { key } = await owner.keys.create.mutate({
      account,
      name: 'Reads',
      scopes: { agents: 'read', 'agents.general': 'read' },
    });
    const reads = clientWithToken(api.url, key);
    const agent = await create('agent', { name: 'For keys', prompt: { greeting: 'hidden' } });
    expect(Object.keys((await get('agent', agent, { client: reads })).document)).toEqual(['name', 'general']);
    const remove = (client: Client) => client.products.delete.mutate({ account, kind: 'agent', products: [agent] });
    expect(await codeOf(remove(reads))).toBe('FORBIDDEN');
    expect(await codeOf(reads.products.list.query({ account, kind: 'tool' }))).toBe('FORBIDDEN');
    const { client } = await api.key(account);
    const screen = async (more: object) => {
      const { token } = await client.embed.createToken.mutate({
        account,
        origin: 'https://portal.example',
        userRef: 'dana',
        ...more,
      });
      return callerOf(token);
    };
    const callerOf = (token: string) => clientWithTokenAt(token, 'https://portal.example');
    const [none, reading, full] = [
      await screen({}),
      await screen({ features: ['products'], access: 'read' }),
      await screen({ features: ['products'] }),
    ];
    expect(await codeOf(none.products.list.query({ account, kind: 'agent' }))).toBe('FEATURE_NOT_ALLOWED');
    expect((await get('agent', agent, { client: reading })).levels).toMatchObject({ '': 'read', prompt: 'read' });
    expect(await codeOf(save('agent', agent, { name: 'X' }, { client: reading }))).toBe('FORBIDDEN');
    expect(await save('agent', agent, { name: 'By a screen' }, { client: full })).toMatchObject({
      savedBy: { name: 'dana on https://portal.example' },
    });
    expect((await remove(full)).deleted).toBe(1);
  });
});

/** A screen's client. */
const clientWithTokenAt = (token: string, origin: string): Client =>
  clientWith(api.url, { authorization: `Bearer ${token}`, origin });

describe('Conversations', () => {
  it('are made by usage that names one, with what was used of each meter, once per event; deleted by the role alone, for good (rules/products 9)', async () => {
    const at = await make('Talks');
    const agent = await create('agent', { name: 'Avi Groß' }, { at });
    const member = await join(api.url, owner, at, 'talker@example.com', 'member');
    const event = (key: string, conversation: string, more: Partial<Event> = {}): Event => ({
      meter: 'call.minutes',
      quantity: '1.5',
      occurredAt: new Date(Date.now() - 60_000).toISOString(),
      idempotencyKey: key,
      attributes: { conversation, agent: 'AVI  Groß', line: 'AA 1' },
      ...more,
    });
    const record = (...events: Event[]) => owner.usage.record.mutate({ account: at, events });
    await record(
      event('1', 'call-1'),
      event('2', 'call-1'),
      event('3', 'call-2', { attributes: { conversation: 'call-2' } }),
    );
    await record(event('2', 'call-1'), event('4', 'call-1', { meter: 'messages', quantity: '2' }), event('5', ''));
    const { rows } = await owner.products.list.query({ account: at, kind: 'conversation' });
    expect(rows.map(({ name, externalId, version }) => [name, externalId, version])).toEqual([
      ['call-1', 'call-1', 1],
      ['call-2', 'call-2', 1],
    ]);
    const of = (id: RowId, client = owner) => get('conversation', id, { client, at });
    const one = await of(rows[0]!.id);
    expect(one.document).toMatchObject({
      agent,
      agentName: 'AVI  Groß',
      used: { 'call.seconds': '180', messages: '2' },
      attributes: { line: 'AA 1' },
    });
    expect(one.refs).toMatchObject([{ at: '/agent', name: 'Avi Groß', state: 'there' }]);
    expect((await owner.products.export.query({ account: at, kind: 'conversation' })).csv).toContain('call-1');
    await record(event('6', 'call-1'));
    expect((await of(rows[0]!.id, member)).document).toMatchObject({ used: { 'call.seconds': '270', messages: '2' } });
    const remove = (client: Client) =>
      client.products.delete.mutate({ account: at, kind: 'conversation', products: rows.map(({ id }) => id) });
    expect(await codeOf(remove(member))).toBe('FORBIDDEN');
    expect(await remove(owner)).toEqual({ deleted: 2 });
    const back = { account: at, kind: 'conversation' as const, product: rows[0]!.id, version: 1, expectedVersion: 1 };
    expect(await codeOf(owner.products.restore.mutate(back))).toBe('FORBIDDEN');
    expect(await api.database.asOwner(`SELECT FROM product_versions WHERE doc::text LIKE '%call-1%'`)).toEqual([]);
    // An agent that was named by a conversation can go.
    await owner.products.delete.mutate({ account: at, kind: 'agent', products: [agent] });
  });
});

describe('Watching products', () => {
  it('tells an open list of each change of its kind, and nobody else (rules/products 10)', async () => {
    const at = await make('Watched');
    const frames: unknown[] = [];
    const watch = { account: at, kind: 'task' as const };
    const watcher = watcherWith(api.url, api.headers, 'products.live', watch, (frame) => frames.push(frame));
    await watcher.ready;
    expect(frames).toMatchObject([{ data: { version: 0 } }]);
    await create('contact', { name: 'No task' }, { at });
    const product = await create('task', { name: 'Call back' }, { at });
    await vi.waitFor(() => expect(frames).toHaveLength(2));
    await owner.products.delete.mutate({ ...watch, products: [product] });
    await vi.waitFor(() => expect(frames).toHaveLength(3));
    watcher.stop();
  });
});

describe('Whatever is done with products', () => {
  it('counters equal a recount, references stay inside their account and are those of the documents', async () => {
    const places = [await make('Walk'), await make('Other walk')];
    const act = fc.record({
      place: fc.nat(1),
      kind: fc.constantFrom('agent' as const, 'knowledgeBase' as const, 'contact' as const),
      does: fc.constantFrom('create', 'save', 'delete', 'restore'),
      which: fc.nat(5),
      names: fc.nat(3),
      refs: fc.array(fc.nat(5), { maxLength: 2 }),
    });
    const made = new Map<string, RowId[]>();
    const ofKind = (place: number, kind: string): RowId[] => made.get(`${place} ${kind}`) ?? [];
    const pick = (place: number, kind: string, n: number): RowId | undefined => {
      const all = ofKind(place, kind);
      return all[n % Math.max(all.length, 1)];
    };
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 25 }), async (acts) => {
        for (const { place, kind, does, which, names, refs } of acts) {
          const at = places[place]!;
          const product = pick(place, kind, which);
          // Knowledge bases of either account, and ones that are gone.
          const bases = [...new Set(refs.flatMap((n) => pick(n % 2, 'knowledgeBase', n) ?? []))];
          const document = { name: `Name ${names}`, ...(kind === 'agent' && { knowledge: { bases } }) };
          const done = async (): Promise<unknown> => {
            if (does === 'create' || !product) {
              const id = await create(kind, document, { at });
              return made.set(`${place} ${kind}`, [...ofKind(place, kind), id]);
            }
            if (does === 'save') return save(kind, product, document, { at });
            if (does === 'delete') return owner.products.delete.mutate({ account: at, kind, products: [product] });
            const { rows } = await owner.products.versions.query({ account: at, kind, product });
            const version = rows.at(-1)?.version ?? 1;
            const expectedVersion = rows[0]?.version ?? 1;
            return owner.products.restore.mutate({ account: at, kind, product, version, expectedVersion });
          };
          await done().catch((error: unknown) => refusalOf(Promise.reject(error as Error)));
        }
        const counted = await api.database.asOwner(`
          SELECT t.resource, t.own, count(p.id) AS found FROM resource_totals t
          JOIN (VALUES ('agents', 'agent'), ('knowledgeBases', 'knowledgeBase'), ('contacts', 'contact')) k(resource, kind) USING (resource)
          LEFT JOIN products p ON p.account_id = t.account_id AND p.kind = k.kind GROUP BY t.account_id, t.resource, t.own HAVING t.own <> count(p.id)`);
        expect(counted).toEqual([]);
        const strays = await api.database.asOwner(`
          SELECT d.id FROM products d CROSS JOIN LATERAL jsonb_array_elements_text(d.doc #> '{knowledge,bases}') WITH ORDINALITY b(id, n)
          JOIN products p ON p.id = b.id::uuid
          WHERE p.account_id <> d.account_id OR NOT EXISTS (
            SELECT FROM product_refs r WHERE r.from_id = d.id AND r.to_id = p.id AND r.place = '/knowledge/bases/' || (b.n - 1))
          UNION ALL SELECT r.from_id FROM product_refs r JOIN products d ON d.id = r.from_id WHERE r.place LIKE '/knowledge%'
            AND NOT (d.doc #> '{knowledge,bases}') ? r.to_id::text`);
        expect(strays).toEqual([]);
      }),
      { numRuns: 4 },
    );
  }, 60_000);
});
