import { parseNewAccount } from '@tenantree/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rounds } from '../../../scripts/rounds.ts';
import { type Client, clientWith, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { watcherWith } from './support/every-call.ts';

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

type Input = Parameters<Client['accounts']['createMany']['mutate']>[0];
type Sent = Input['accounts'][number];
type Results = Awaited<ReturnType<Client['accounts']['createMany']['mutate']>>['results'];

const make = async (account: string, name: string, more: object = {}): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name, ...more })).account.id;
const createMany = async (account: string, accounts: Sent[], mode: 'all' | 'each' = 'all'): Promise<Results> =>
  (await owner.accounts.createMany.mutate({ account, accounts, mode })).results;
const idOf = (result: Results[number] | undefined): string => {
  if (!result || !('id' in result)) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result.id;
};
/** The accounts below one, with their numbers, as texts that tell nothing of ids. */
async function treeOf(client: Client, account: string, indent = ''): Promise<string[]> {
  const { rows } = await client.accounts.list.query({ account, status: ['active', 'closed'], limit: 200 });
  const below = await Promise.all(
    rows.map(async ({ id, name, externalId, status, children, subaccounts }) => {
      const { metadata } = await client.accounts.get.query({ account: id });
      const told = externalId?.split('/').at(-1) ?? '–';
      return [
        `${indent}${name} ${told} ${status} ${children}/${subaccounts} ${JSON.stringify(metadata)}`,
        ...(children > 0 || subaccounts > 0 ? await treeOf(client, id, `${indent}  `) : []),
      ];
    }),
  );
  return below.flat();
}

describe('Creating many accounts at once', () => {
  it('puts each below an account by its id, by its external id, or by its position in the call', async () => {
    const here = await make(root, 'Places');
    const known = await make(here, 'Known', { externalId: 'places-known' });
    const results = await createMany(here, [
      { name: 'At the top', externalId: 'places-top', metadata: { tier: 1 } },
      { name: 'By position', parent: 0 },
      { name: 'By external id', parent: 'ext:places-top' },
      { name: 'By id', parent: known },
      { name: 'Below what was there', parent: 'ext:places-known' },
      { name: 'Deep', parent: 1 },
    ]);
    expect(results).toEqual(results.map(() => ({ id: expect.any(String), created: true })));
    expect(await treeOf(owner, here)).toEqual([
      'At the top places-top active 2/3 {"tier":1}',
      '  By external id – active 0/0 {}',
      '  By position – active 1/1 {}',
      '    Deep – active 0/0 {}',
      'Known places-known active 2/2 {}',
      '  Below what was there – active 0/0 {}',
      '  By id – active 0/0 {}',
    ]);
    const { rows } = await owner.audit.list.query({ account: here, scope: 'nested', limit: 50 });
    expect(rows.filter(({ action }) => action === 'account.created')).toHaveLength(8);
    expect((await owner.accounts.search.query({ account: here, query: 'position' })).matches).toEqual([
      idOf(results[1]),
    ]);
  });

  it('is answered again with what is there, and makes only what is missing', async () => {
    const here = await make(root, 'Repeats');
    const accounts: Sent[] = [
      { name: 'One', externalId: 'repeat-1' },
      { name: 'Two', externalId: 'repeat-2', parent: 0 },
    ];
    const first = await createMany(here, accounts);
    const again = await createMany(here, accounts);
    expect(again).toEqual(first.map((result) => ({ id: idOf(result), created: false })));
    const more = await createMany(here, [...accounts, { name: 'Three', externalId: 'repeat-3', parent: 1 }]);
    expect(more).toEqual([...again, { id: expect.any(String), created: true }]);
    expect(await treeOf(owner, here)).toHaveLength(3);
  });

  const wrong = (closed: string): Sent[] => [
    { name: 'Good', externalId: 'wrong-good' },
    { name: 'x' },
    { name: 'Below the bad one', parent: 1 },
    { name: 'Below that', parent: 2 },
    { name: 'GOOD' },
    { name: 'Nowhere', parent: 'ext:nobody' },
    { name: 'Later', parent: 7 },
    { name: 'In closed', parent: closed },
    { name: 'Other', externalId: 'wrong-good' },
    { name: 'Unknown', externalId: 'wrong-5', metadata: [] },
    { name: 'Below wrong-5', parent: 'ext:wrong-5' },
    { name: 'Also good', parent: 0 },
    { name: 7 } as unknown as Sent,
    { name: 'NUL\0' },
    { name: 'Odd', colour: 'red' } as Sent,
    'nothing' as unknown as Sent,
  ];
  const CODES = [
    [1, 'NAME_INVALID', 'name'],
    [2, 'PARENT_REFUSED', 'parent'],
    [3, 'PARENT_REFUSED', 'parent'],
    [4, 'NAME_TAKEN', 'name'],
    [5, 'NOT_FOUND', 'parent'],
    [6, 'BAD_REQUEST', 'parent'],
    [7, 'ACCOUNT_CLOSED', undefined],
    [8, 'EXTERNAL_ID_CONFLICT', 'externalId'],
    [9, 'BAD_REQUEST', 'metadata'],
    [10, 'PARENT_REFUSED', 'parent'],
    [12, 'BAD_REQUEST', 'name'],
    [13, 'BAD_REQUEST', 'name'],
    [14, 'BAD_REQUEST', 'colour'],
    [15, 'BAD_REQUEST', undefined],
  ];

  it('writes nothing when any is refused, and lists all that are', async () => {
    const here = await make(root, 'Whole');
    const closed = await make(here, 'Closed');
    await owner.accounts.close.mutate({ account: closed });
    const before = await treeOf(owner, here);
    const refusal = await refusalOf(createMany(here, wrong(closed)));
    expect(refusal).toMatchObject({ code: 'BATCH_REFUSED', retryable: false, field: 'accounts' });
    const { refusals } = refusal as unknown as { refusals: { position: number; code: string; field?: string }[] };
    expect(refusals.map(({ position, code, field }) => [position, code, field])).toEqual(CODES);
    expect(await treeOf(owner, here)).toEqual(before);
    expect(await codeOf(owner.accounts.get.query({ account: 'ext:wrong-good' }))).toBe('NOT_FOUND');
  });

  it('makes the good ones as if the bad ones weren’t there, where that is asked for', async () => {
    const here = await make(root, 'Each');
    const closed = await make(here, 'Closed');
    await owner.accounts.close.mutate({ account: closed });
    const results = await createMany(here, wrong(closed), 'each');
    const refused = results.flatMap((result, position) =>
      'code' in result ? [[position, result.code, result.field]] : [],
    );
    expect(refused).toEqual(CODES);
    expect(results[2]).toMatchObject({ message: 'Its parent, entry 1 of this call, is refused.', retryable: false });
    expect(await treeOf(owner, here)).toEqual([
      'Closed – closed 0/0 {}',
      'Good wrong-good active 1/1 {}',
      '  Also good – active 0/0 {}',
    ]);
  });

  it('takes 1 000 in one call, in one version of the tree and one live frame, and no more of them', async () => {
    const here = await make(root, 'Crowd');
    const frames: { changed: { id: string }[]; gap?: true }[] = [];
    const watcher = watcherWith(api.url, api.headers, 'accounts.live', { account: here }, (frame) => {
      frames.push((frame as { data: (typeof frames)[number] }).data);
    });
    await watcher.ready;
    frames.length = 0;
    const accounts: Sent[] = Array.from({ length: 1_000 }, (_, i) => ({
      name: `Member ${i}`,
      ...(i >= 500 && { parent: i % 250 }),
    }));
    const { treeVersion } = await owner.accounts.get.query({ account: here });
    const results = await createMany(here, accounts);
    // With those above them more changed than is told one by one.
    await vi.waitFor(() => expect(frames).toEqual([expect.objectContaining({ gap: true, changed: [] })]), 20_000);
    const grown = await createMany(
      here,
      Array.from({ length: 300 }, (_, i) => ({ name: `Later ${i}` })),
    );
    const told = [...grown.map(idOf), here].toSorted();
    await vi.waitFor(() => expect(frames).toHaveLength(2), 20_000);
    expect(frames[1]?.changed.map(({ id }) => id).toSorted()).toEqual(told);
    watcher.stop();
    const { children, subaccounts, ...detail } = await owner.accounts.get.query({ account: here });
    expect({ children, subaccounts }).toEqual({ children: 800, subaccounts: 1_300 });
    expect(detail.treeVersion).toBe(treeVersion + 2);
    // From 200 children on they are sorted by rows of their own.
    const page = { account: here, sort: 'members', direction: 'asc', limit: 200 } as const;
    expect((await owner.accounts.list.query(page)).total).toBe(800);
    const shown: string[] = [];
    let cursor: string | undefined;
    do {
      const { rows, nextCursor } = await owner.accounts.list.query({ ...page, ...(cursor && { cursor }) });
      shown.push(...rows.map(({ id }) => id));
      cursor = nextCursor ?? undefined;
    } while (cursor);
    expect(shown.toSorted()).toEqual([...results.slice(0, 500), ...grown].map(idOf).toSorted());
    expect(await codeOf(createMany(here, [...accounts, { name: 'Too many' }]))).toBe('BAD_REQUEST');
    expect(await codeOf(createMany(here, []))).toBe('BAD_REQUEST');
  });

  it('counts nobody and nothing where a whole branch is too deep or suspended', async () => {
    const here = await make(root, 'Bounds');
    const chain: Sent[] = Array.from({ length: 6 }, (_, i) => ({
      name: `Level ${i}`,
      ...(i > 0 && { parent: i - 1 }),
    }));
    const results = await createMany(here, chain, 'each');
    expect(results.map((result) => ('code' in result ? result.code : 'created'))).toEqual([
      ...Array(4).fill('created'),
      'DEPTH_EXCEEDED',
      'PARENT_REFUSED',
    ]);
    const top = idOf(results[0]);
    const admin = await join(api.url, owner, top, 'bounds@example.com', 'admin');
    await owner.accounts.suspend.mutate({ account: top, kind: 'no_new_work' });
    const wish = { account: top, accounts: [{ name: 'New work' }], mode: 'each' as const };
    expect(await codeOf(admin.accounts.createMany.mutate(wish))).toBe('ACCOUNT_SUSPENDED');
    // Who comes from above isn't bound by it, at the account or below it.
    expect(await createMany(here, [{ name: 'From above', parent: top }])).toHaveLength(1);
  });

  it('is for whoever may create there: no member, no key without the level, no screen that wasn’t opened for it', async () => {
    const here = await make(root, 'Rights');
    const inside = await make(here, 'Inside');
    const beside = await make(here, 'Beside');
    const accounts: Sent[] = [{ name: 'New one' }];
    const member = await join(api.url, owner, here, 'rights@example.com', 'member');
    expect(await codeOf(member.accounts.createMany.mutate({ account: here, accounts }))).toBe('FORBIDDEN');
    const keyWith = async (wish: object): Promise<Client> => {
      const { key } = await owner.keys.create.mutate({ account: here, name: 'Key', ...wish });
      return clientWith(api.url, { authorization: `Bearer ${key}` });
    };
    const reader = await keyWith({ scopes: { 'account.subaccounts': 'read' } });
    expect(await codeOf(reader.accounts.createMany.mutate({ account: here, accounts }))).toBe('FORBIDDEN');
    const narrow = await keyWith({ within: [inside] });
    expect(await codeOf(narrow.accounts.createMany.mutate({ account: here, accounts }))).toBe('NOT_FOUND');
    const { results } = await narrow.accounts.createMany.mutate({
      account: inside,
      accounts: [...accounts, { name: 'Elsewhere', parent: beside }],
      mode: 'each',
    });
    expect(results).toEqual([
      { id: expect.any(String), created: true },
      expect.objectContaining({ code: 'NOT_FOUND', field: 'parent' }),
    ]);
    const key = await keyWith({});
    const origin = 'https://portal.example';
    const screenFor = async (features: ('create' | 'rename')[]): Promise<Client> => {
      const { token } = await key.embed.createToken.mutate({ account: inside, origin, userRef: 'dana', features });
      return clientWith(api.url, { authorization: `Bearer ${token}`, origin });
    };
    const renamer = await screenFor(['rename']);
    expect(await codeOf(renamer.accounts.createMany.mutate({ account: inside, accounts }))).toBe('FEATURE_NOT_ALLOWED');
    const creator = await screenFor(['create']);
    const made = await creator.accounts.createMany.mutate({ account: inside, accounts: [{ name: 'By a screen' }] });
    expect(made.results).toHaveLength(1);
  });

  it('tells of an external id out of sight no more than that it is taken', async () => {
    const here = await make(root, 'Sight');
    const mine = await make(here, 'Mine');
    await make(here, 'Hidden holder', { externalId: 'sight-hidden' });
    const { client } = await api.key(mine);
    const accounts: Sent[] = [{ name: 'New one', externalId: 'sight-hidden' }];
    const { results } = await client.accounts.createMany.mutate({ account: mine, accounts, mode: 'each' });
    expect(results).toEqual([
      {
        code: 'EXTERNAL_ID_CONFLICT',
        field: 'externalId',
        message: 'The external id “sight-hidden” is taken in this tree.',
        retryable: false,
      },
    ]);
  });
});

describe('Many accounts, beside others', () => {
  it('come once, when two calls bring the same external ids at once', async () => {
    const here = await make(root, 'Twins');
    const accounts: Sent[] = Array.from({ length: 200 }, (_, i) => ({
      name: `Twin ${i}`,
      externalId: `twin-${i}`,
      ...(i >= 20 && { parent: `ext:twin-${i % 20}` }),
    }));
    const calls = await Promise.all([1, 2, 3].map(() => createMany(here, accounts)));
    const ids = calls.map((results) => results.map(idOf));
    expect(ids[1]).toEqual(ids[0]);
    expect(ids[2]).toEqual(ids[0]);
    const created = calls.flat().filter((result) => 'id' in result && result.created);
    expect(created).toHaveLength(200);
    expect(await owner.accounts.get.query({ account: here })).toMatchObject({ children: 20, subaccounts: 200 });
  });

  it('stand where their parent is, or are refused with it, when it moves or closes at the same time', async () => {
    const here = await make(root, 'Moving');
    const there = await make(root, 'There');
    for (let round = 0; round < 6; round += 1) {
      const [mover, closer] = [await make(here, `Mover ${round}`), await make(here, `Closer ${round}`)];
      const accounts: Sent[] = Array.from({ length: 60 }, (_, i) => ({
        name: `Child ${i}`,
        parent: i % 2 === 0 ? mover : closer,
      }));
      const before = await owner.accounts.get.query({ account: here });
      const [results] = await Promise.all([
        createMany(here, accounts, 'each'),
        owner.accounts.move.mutate({ account: mover, to: there }),
        owner.accounts.close.mutate({ account: closer }).catch(() => undefined),
      ]);
      const outcomes = (at: number): string[] => [
        ...new Set(results.flatMap((one, i) => (i % 2 === at ? ['code' in one ? one.code : 'created'] : []))),
      ];
      expect([['created'], ['NOT_FOUND']]).toContainEqual(outcomes(0));
      expect([['created'], ['ACCOUNT_CLOSED']]).toContainEqual(outcomes(1));
      const [moved, left] = [
        await owner.accounts.get.query({ account: mover }),
        await owner.accounts.get.query({ account: closer }),
      ];
      expect(moved.subaccounts).toBe(outcomes(0)[0] === 'created' ? 30 : 0);
      expect(left).toMatchObject(
        outcomes(1)[0] === 'created' ? { status: 'active', subaccounts: 30 } : { status: 'closed', subaccounts: 0 },
      );
      const after = await owner.accounts.get.query({ account: here });
      expect(after.subaccounts - before.subaccounts).toBe(left.subaccounts - 1 - (left.status === 'closed' ? 1 : 0));
    }
  });
});

/** Few names and ids, so that they meet. */
const entry = fc.record(
  {
    name: fc.constantFrom('Ann', 'ann', 'Bob', 'Cid', 'Dot', 'x'),
    parent: fc.oneof(
      { weight: 3, arbitrary: fc.nat(8) },
      fc.constantFrom('ext:a', 'ext:b', 'ext:c', 'ext:there', 'ext:closed', 'ext:nobody'),
    ),
    externalId: fc.constantFrom('a', 'b', 'c', 'd', 'ext:e'),
    metadata: fc.constantFrom({ tier: 1 }, [1]),
  },
  { requiredKeys: ['name'] },
);

describe('The same as one by one', () => {
  let round = 0;
  /** A ground to create on: an account that is there, and one that is closed. */
  const ground = async () => {
    const prefix = `same-${(round += 1)}`;
    const here = await make(root, prefix);
    await make(here, 'There', { externalId: `${prefix}/there` });
    await owner.accounts.close.mutate({ account: await make(here, 'Closed', { externalId: `${prefix}/closed` }) });
    const own = (externalId: string): string =>
      externalId.startsWith('ext:') ? externalId : `${prefix}/${externalId}`;
    return { here, own };
  };
  type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;
  const sentAs = ({ own }: { own: (id: string) => string }, { parent, externalId, ...rest }: Entry): Sent => ({
    ...rest,
    ...(parent !== undefined && { parent: typeof parent === 'number' ? parent : `ext:${own(parent.slice(4))}` }),
    ...(externalId !== undefined && { externalId: own(externalId) }),
  });
  type Told = readonly [string, string | undefined];

  /** What happens when a program does it by itself: what it can't ask for, because there is nothing to ask it of, is refused with that. */
  async function oneByOne(entries: readonly Entry[]): Promise<{ told: Told[]; tree: string[] }> {
    const at = await ground();
    const ids: (string | null)[] = [];
    const told: Told[] = [];
    const refused = new Set<string>();
    for (const [position, wish] of entries.entries()) {
      const { parent, name, externalId, metadata } = sentAs(at, wish);
      const account = typeof parent === 'number' ? ids[parent] : (parent ?? at.here);
      const outcome = async (): Promise<Told> => {
        if (typeof parent === 'number' && parent >= position) return ['BAD_REQUEST', 'parent'];
        const wish = { name, ...(externalId && { externalId }), ...(metadata !== undefined && { metadata }) };
        const parsed = parseNewAccount(wish);
        if (!parsed.ok) return [parsed.refusal.code, parsed.refusal.field];
        if (account == null) return ['PARENT_REFUSED', 'parent'];
        try {
          const made = await owner.accounts.create.mutate({ account, ...wish } as { account: string; name: string });
          ids[position] = made.account.id;
          return [made.created ? 'created' : 'there', undefined];
        } catch (error) {
          const { code, field } = await refusalOf(Promise.reject(error));
          if (code !== 'NOT_FOUND') return [code, field];
          return [refused.has(String(parent)) ? 'PARENT_REFUSED' : 'NOT_FOUND', 'parent'];
        }
      };
      const one = await outcome();
      ids[position] ??= null;
      const isFallen = !['created', 'there'].includes(one[0]);
      if (isFallen && externalId !== undefined) refused.add(`ext:${externalId}`);
      told.push(one);
    }
    return { told, tree: await treeOf(owner, at.here) };
  }

  async function together(entries: readonly Entry[]): Promise<{ told: Told[]; tree: string[] }> {
    const at = await ground();
    const results = await createMany(
      at.here,
      entries.map((wish) => sentAs(at, wish)),
      'each',
    );
    const told = results.map(
      (result): Told =>
        'code' in result ? [result.code, result.field] : [result.created ? 'created' : 'there', undefined],
    );
    return { told, tree: await treeOf(owner, at.here) };
  }

  it('come to the same tree, the same numbers and the same refusals', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 9 }), async (entries) => {
        expect(await together(entries)).toEqual(await oneByOne(entries));
      }),
      { numRuns: rounds(4, 25) },
    );
  }, 120_000);
});
