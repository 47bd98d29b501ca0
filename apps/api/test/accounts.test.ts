import type { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppRouter } from './support/clients.ts';
import { agentsNamed, type Client, codeOf, join, refusalOf } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
let root: string;
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
  root = api.root;
});
afterAll(() => api.close());

const make = async (account: string, name: string, more: object = {}): Promise<string> =>
  (await owner.accounts.create.mutate({ account, name, ...more })).account.id;

describe('Creating (rules/accounts 3)', () => {
  it('makes nobody a member of a subaccount: its creator reaches it from above (rules/people 4)', async () => {
    const account = await make(root, 'Created');
    expect(await owner.members.list.query({ account })).toEqual({ members: [], invitations: [] });
    expect(await owner.accounts.get.query({ account })).toMatchObject({
      name: 'Created',
      depth: 1,
      levelsBelow: 4,
      keptDays: 35,
      payer: { id: root, name: 'Main' },
      billingMode: 'parent',
      members: { own: 0, total: 0 },
      path: [{ name: 'Main' }, { name: 'Created' }],
    });
  });

  it('trims names, normalises them, and refuses two siblings of one name', async () => {
    const parent = await make(root, 'Names');
    const { account } = await owner.accounts.create.mutate({ account: parent, name: '  Cafe\u0301  ' });
    expect(account.name).toBe('Café');
    expect(await refusalOf(owner.accounts.create.mutate({ account: parent, name: 'CAFÉ' }))).toMatchObject({
      code: 'NAME_TAKEN',
      field: 'name',
    });
    expect(await codeOf(owner.accounts.create.mutate({ account: parent, name: 'x' }))).toBe('NAME_INVALID');
  });

  it('lets only one of many simultaneous creations have a name', async () => {
    const parent = await make(root, 'Race');
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        owner.accounts.create.mutate({ account: parent, name: 'Same' }).then(
          () => 'created',
          (error: TRPCClientError<AppRouter>) => error.data?.refusal.code ?? 'lost',
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'NAME_TAKEN')).toHaveLength(7);
    expect((await owner.accounts.get.query({ account: parent })).children).toBe(1);
  });

  it('is idempotent by external id: the same content returns the account, other content is a conflict, also elsewhere in the tree', async () => {
    const parent = await make(root, 'Integrated');
    const wish = { account: parent, name: 'Customer 1', externalId: 'crm-1', metadata: { tier: 'gold' } };
    const first = await owner.accounts.create.mutate(wish);
    expect(first.created).toBe(true);
    const again = await owner.accounts.create.mutate(wish);
    expect(again).toMatchObject({ created: false, account: { id: first.account.id } });
    expect(await codeOf(owner.accounts.create.mutate({ ...wish, metadata: { tier: 'silver' } }))).toBe(
      'EXTERNAL_ID_CONFLICT',
    );
    const elsewhere = await make(root, 'Elsewhere');
    expect(await codeOf(owner.accounts.create.mutate({ ...wish, account: elsewhere }))).toBe('EXTERNAL_ID_CONFLICT');
    expect((await owner.accounts.get.query({ account: 'ext:crm-1' })).id).toBe(first.account.id);
  });

  it('stops at the deepest level that the deployment allows, saying so', async () => {
    let at = root;
    for (let level = 1; level <= 5; level++) at = await make(at, `Level ${level}`);
    expect(await codeOf(owner.accounts.create.mutate({ account: at, name: 'Too deep' }))).toBe('DEPTH_EXCEEDED');
  });
});

describe('The table (rules/accounts 6)', () => {
  it('sorts on the server and goes on with a cursor, each row once', async () => {
    const parent = await make(root, 'Paged');
    for (let i = 0; i < 7; i++) await make(parent, `Row ${i}`);
    for (const direction of ['asc', 'desc'] as const) {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await owner.accounts.list.query({ account: parent, sort: 'name', direction, limit: 3, cursor });
        expect(page.total).toBe(7);
        names.push(...page.rows.map((row) => row.name));
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      const expected = Array.from({ length: 7 }, (_, i) => `Row ${i}`);
      expect(names).toEqual(direction === 'asc' ? expected : expected.toReversed());
    }
  });

  it('refuses a cursor that was tampered with, or that belongs to another listing', async () => {
    const parent = await make(root, 'Cursors');
    for (const name of ['a1', 'b1', 'c1']) await make(parent, name);
    const { nextCursor } = await owner.accounts.list.query({ account: parent, limit: 1 });
    const continued = (cursor: string) => owner.accounts.list.query({ account: parent, limit: 1, cursor });
    expect((await continued(nextCursor ?? '')).rows).toHaveLength(1);
    const other = nextCursor?.endsWith('AA') ? 'BB' : 'AA';
    const tampered = [`${nextCursor?.slice(0, -2)}${other}`, '', '.', `.${nextCursor}`, nextCursor?.split('.')[0]];
    const added = ['.', '.x', '=', ' ', '\n', 'A', '!'].map((more) => nextCursor + more);
    for (const cursor of [...tampered, ...added]) {
      expect(await refusalOf(continued(cursor ?? '')), cursor).toMatchObject({ code: 'BAD_REQUEST', field: 'cursor' });
    }
    expect(
      await codeOf(owner.accounts.list.query({ account: parent, sort: 'minutes', cursor: nextCursor ?? '' })),
    ).toBe('BAD_REQUEST');
    expect(await codeOf(owner.accounts.list.query({ account: root, cursor: nextCursor ?? '' }))).toBe('BAD_REQUEST');
  });

  it('finds names anywhere below, best matches first, with the accounts between', async () => {
    const region = await make(root, 'Search region');
    const branch = await make(region, 'Zürich branch');
    const needle = await make(branch, 'Needle 100% pure_gold');
    await make(region, 'A needle further down');
    const found = await owner.accounts.search.query({ account: region, query: 'NEEDLE' });
    expect(found.matches[0]).toBe(needle);
    expect(found).toMatchObject({ total: 2, nextCursor: null });
    expect(found.rows.map((row) => row.name)).toContain('Zürich branch');
    expect((await owner.accounts.search.query({ account: region, query: '100% pure_' })).matches).toEqual([needle]);
    expect((await owner.accounts.search.query({ account: region, query: '1000' })).total).toBe(0);
  });
});

describe('Names (rules/accounts 7)', () => {
  it('are found without diacritics and with, whatever the order of the words', async () => {
    const region = await make(root, 'Found names');
    const found = async (query: string): Promise<string[]> => {
      const { rows, matches } = await owner.accounts.search.query({ account: region, query });
      return matches.map((id) => rows.find((row) => row.id === id)?.name ?? '');
    };
    const typed: Record<string, readonly string[]> = {
      München: ['munchen', 'MÜNCHEN', 'Mu\u0308nchen'],
      Munchweiler: ['Münchweiler'],
      İstanbul: ['istanbul', 'İSTANBUL', 'Istanbul'],
      Iğdır: ['igdir', 'ığdır'],
      'Éclair Pâtisserie': ['eclair', 'patisserie éclair'],
      'Praxis Nord-Ärzte': ['nord arzte', 'Ärzte Nord', 'arzte praxis'],
      'Łódź Øst': ['lodz', 'ost lodz'],
      'Straße Æther': ['strasse', 'STRASSE', 'aether'],
      'L’Oréal 100%': ["l'oreal", '100%', 'oreal 100%'],
      Ἀθῆναι: ['αθηναι', 'ΑΘΗΝΑΙ'],
      Ёлка: ['елка'],
      'ＡＣＭＥ ﬁne': ['acme', 'fine'],
    };
    for (const name of Object.keys(typed)) await make(region, name);
    for (const [name, queries] of Object.entries(typed)) {
      for (const query of queries) expect(await found(query), query).toEqual([name]);
    }
    expect(await found('100_')).toEqual([]);
    expect(await found('münch')).toEqual(['München', 'Munchweiler']);
  });

  it('sort by their letters and by the numbers in them, page by page, in both directions and in a search', async () => {
    const parent = await make(root, 'Sorted names');
    const sorted = [
      '(Item)',
      '7 Up',
      'Äpfel',
      'apple',
      'Item 2',
      'item 3',
      'Ítem 3b',
      'Item 10',
      'Öl item',
      'zebra item',
      'Ωmega',
    ];
    for (const name of sorted.toReversed()) await make(parent, name);
    const pages = async (direction: 'asc' | 'desc'): Promise<string[]> => {
      const names: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await owner.accounts.list.query({
          account: parent,
          direction,
          limit: 2,
          ...(cursor && { cursor }),
        });
        names.push(...page.rows.map((row) => row.name));
        cursor = page.nextCursor;
      }
      return names;
    };
    expect(await pages('asc')).toEqual(sorted);
    expect(await pages('desc')).toEqual(sorted.toReversed());
    const found: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await owner.accounts.search.query({
        account: parent,
        query: 'item',
        limit: 2,
        ...(cursor && { cursor }),
      });
      found.push(...page.matches.map((id) => page.rows.find((row) => row.id === id)?.name ?? ''));
      cursor = page.nextCursor;
    }
    expect(found).toEqual(['Item 2', 'item 3', 'Ítem 3b', 'Item 10', 'Öl item', 'zebra item', '(Item)']);
  });
});

describe('Suspending, closing and moving (rules/accounts 16, 19)', () => {
  it('suspends the subtree in effect, keeps own statuses, and restores exactly what was', async () => {
    const parent = await make(root, 'Suspended');
    const child = await make(parent, 'Child');
    await owner.accounts.suspend.mutate({ account: child, kind: 'no_new_work' });
    await owner.accounts.suspend.mutate({ account: parent, kind: 'full_stop' });
    expect((await owner.accounts.get.query({ account: child })).effective).toMatchObject({
      kind: 'full_stop',
      by: { id: parent },
    });
    await owner.accounts.reactivate.mutate({ account: parent });
    expect((await owner.accounts.get.query({ account: child })).effective).toMatchObject({
      kind: 'no_new_work',
      by: { id: child },
    });
  });

  it('lets people of a suspended account do what its kind allows, and those from above everything', async () => {
    const account = await make(root, 'Kinds');
    const admin = await join(api.url, owner, account, 'kinds@example.com', 'admin');
    const create = (who: Client, name: string) => who.accounts.create.mutate({ account, name });
    await owner.accounts.suspend.mutate({ account, kind: 'no_new_work' });
    expect(await codeOf(create(admin, 'New 1'))).toBe('ACCOUNT_SUSPENDED');
    await admin.accounts.rename.mutate({ account, name: 'Kinds renamed' });
    await owner.accounts.suspend.mutate({ account, kind: 'read_only' });
    expect(await codeOf(admin.accounts.rename.mutate({ account, name: 'Kinds' }))).toBe('ACCOUNT_SUSPENDED');
    await admin.accounts.list.query({ account });
    await owner.accounts.suspend.mutate({ account, kind: 'full_stop' });
    expect(await codeOf(admin.accounts.get.query({ account }))).toBe('ACCOUNT_SUSPENDED');
    await create(owner, 'From above');
  });

  it('previews what a suspension hits', async () => {
    const parent = await make(root, 'Preview');
    const one = await make(parent, 'One');
    const hit = [one, await make(one, 'Two')];
    for (const [i, account] of hit.entries()) await join(api.url, owner, account, `hit-${i}@example.com`, 'viewer');
    expect(await owner.accounts.previewSuspension.query({ account: parent })).toMatchObject({
      accounts: 3,
      members: 2,
      sample: [{ name: 'One' }, { name: 'Two' }],
    });
  });

  it('suspends no main account', async () => {
    expect(await codeOf(owner.accounts.suspend.mutate({ account: root, kind: 'full_stop' }))).toBe('FORBIDDEN');
  });

  it('closes only what has no live children and no protection, and reopens it as it was', async () => {
    const parent = await make(root, 'Closing');
    const child = await make(parent, 'Kid');
    expect(await codeOf(owner.accounts.close.mutate({ account: parent }))).toBe('HAS_LIVE_CHILDREN');
    await owner.accounts.setProtection.mutate({ account: child, protection: 'on' });
    expect(await codeOf(owner.accounts.close.mutate({ account: child }))).toBe('PROTECTED');
    await owner.accounts.setProtection.mutate({ account: child, protection: 'off' });
    await owner.accounts.suspend.mutate({ account: child, kind: 'read_only' });
    await owner.accounts.close.mutate({ account: child });
    expect((await owner.accounts.get.query({ account: parent })).children).toBe(0);
    expect(await codeOf(owner.accounts.rename.mutate({ account: child, name: 'Kid 2' }))).toBe('ACCOUNT_CLOSED');
    expect((await owner.accounts.list.query({ account: parent })).rows).toEqual([]);
    expect((await owner.accounts.list.query({ account: parent, status: ['closed'] })).rows).toHaveLength(1);
    expect((await owner.accounts.reopen.mutate({ account: child })).status).toBe('suspended');
    expect((await owner.accounts.get.query({ account: parent })).children).toBe(1);
  });

  it('moves a subtree with its counts, and refuses what would break the tree', async () => {
    const from = await make(root, 'From');
    const to = await make(root, 'To');
    const moved = await make(from, 'Moved');
    const below = await make(moved, 'Below');
    await join(api.url, owner, below, 'moved@example.com', 'owner');
    await owner.products.create.mutate(agentsNamed(moved, 'Agent A', 'Agent B'));
    expect(await codeOf(owner.accounts.move.mutate({ account: moved, to: moved }))).toBe('MOVE_INTO_ITSELF');
    expect(await codeOf(owner.accounts.move.mutate({ account: moved, to: from }))).toBe('ALREADY_IN_STATE');
    expect(await codeOf(owner.accounts.move.mutate({ account: root, to }))).toBe('MOVE_OF_ROOT');
    await owner.accounts.move.mutate({ account: moved, to });
    expect(await owner.accounts.get.query({ account: from })).toMatchObject({
      children: 0,
      subaccounts: 0,
      agents: { total: 0 },
      members: { total: 0 },
    });
    expect(await owner.accounts.get.query({ account: to })).toMatchObject({
      children: 1,
      subaccounts: 2,
      agents: { total: 2 },
      members: { own: 0, total: 1 },
    });
    expect((await owner.accounts.get.query({ account: moved })).path.map(({ name }) => name)).toEqual([
      'Main',
      'To',
      'Moved',
    ]);
  });
});
