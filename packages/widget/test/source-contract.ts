import { type AccountId, type AccountRow, DAY_MS, instantOf, type RowId, type UsageFrame } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AccountsTold } from '../src/data/account-source.ts';
import type { ImportsSource } from '../src/imports/imports-source.ts';
import { type AccountSource, type ListQuery, SourceRefusal } from '../src/index.ts';
import type { ProductsSource } from '../src/products.ts';
import type { MembersSource } from '../src/rooms.ts';
import type { UsageSource } from '../src/usage/usage-source.ts';

/** What is asked: the sources of the screens, and an account that nothing is below yet. */
export type Asked = {
  readonly accounts: AccountSource;
  readonly members: MembersSource;
  readonly products: ProductsSource;
  readonly imports: ImportsSource;
  readonly usage: UsageSource;
  /** An account used minutes at an instant (UTC milliseconds since 1970). */
  readonly use: (account: AccountId, minutes: string, at: number) => Promise<unknown> | void;
  /** Resolves once a job has ended. */
  readonly settle: (job: RowId) => Promise<void> | void;
  readonly root: AccountId;
  /** Makes an account that a blueprint has set up, as it is called. */
  readonly setUp: (parent: AccountId, blueprint: string) => Promise<AccountId>;
  /** Changes something in it that the blueprint set up. */
  readonly drift: (account: AccountId) => Promise<unknown> | void;
  /** Who asks: views are of those who look with their own eyes. */
  readonly caller: 'person' | 'program';
  readonly close: () => Promise<void> | void;
};

const ALL: Omit<ListQuery, 'cursor' | 'limit'> = { sort: 'name', direction: 'asc', status: ['active', 'suspended'] };
const NOBODY = '00000000-0000-7000-8000-0000000000ff' as AccountId;
const names = (rows: readonly AccountRow[]): string[] => rows.map(({ name }) => name);

/** Why a call was refused: the code, and the field that it is about. Fails when it was not. */
async function refused(call: Promise<unknown>): Promise<readonly [code: string, field: string | null]> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SourceRefusal) return [error.code, error.field];
    throw error;
  }
  throw new Error('it was not refused');
}

/**
 * The questions that every source must answer alike, whether it is a tree in memory, the wire format in front of one, or a server: what the
 * elements are tested against is then what they are given.
 *
 * @param line whether what changes is told, too
 */
export function describeSource(name: string, line: 'live' | 'deaf', open: () => Promise<Asked>): void {
  describe(`a source of accounts: ${name}`, () => {
    let asked: Asked;
    beforeAll(async () => {
      asked = await open();
    });
    afterAll(() => asked.close());
    const make = async (account: string, parent = asked.root): Promise<AccountId> =>
      (await (await asked.accounts.acts()).create(parent, { name: account })).account.id;
    const below = async (parent: AccountId, change: Partial<ListQuery> = {}) =>
      asked.accounts.list(parent, { ...ALL, cursor: null, limit: 50, ...change });

    describe('reading', () => readsAlike({ ask: () => asked, make, below }));
    describe('changing', () => changesAlike({ ask: () => asked, make, below }));
    describe('members', () => peopleAlike({ ask: () => asked, make, below }));
    describe('products', () => productsAlike({ ask: () => asked, make, below }));
    describe('imports', () => importsAlike({ ask: () => asked, make, below }));
    describe('usage', () => usageAlike({ ask: () => asked, make, below }));
    if (line === 'live') describe('live', () => tellsAlike({ ask: () => asked, make, below }));
  });
}

type Tools = {
  readonly ask: () => Asked;
  readonly make: (account: string, parent?: AccountId) => Promise<AccountId>;
  readonly below: (parent: AccountId, change?: Partial<ListQuery>) => ReturnType<AccountSource['list']>;
};

function readsAlike({ ask, make, below }: Tools): void {
  it('lists children by name in pages, and says how many there are', async () => {
    const parent = await make('Pages');
    for (const one of ['Cellar', 'attic', 'Barn']) await make(one, parent);
    const first = await below(parent, { limit: 2 });
    expect([names(first.rows), first.total]).toEqual([['attic', 'Barn'], 3]);
    const rest = await below(parent, { limit: 2, cursor: first.nextCursor });
    expect([names(rest.rows), rest.nextCursor]).toEqual([['Cellar'], null]);
    expect(names((await below(parent, { direction: 'desc' })).rows)).toEqual(['Cellar', 'Barn', 'attic']);
  });

  it('lists by status', async () => {
    const parent = await make('By status');
    await make('Open', parent);
    await (await ask().accounts.acts()).close(await make('Shut', parent));
    expect(names((await below(parent)).rows)).toEqual(['Open']);
    expect(names((await below(parent, { status: ['closed'] })).rows)).toEqual(['Shut']);
  });

  it('finds accounts below one, with all that stand between', async () => {
    const parent = await make('Found below');
    const between = await make('Between', parent);
    const id = await make('Zanzibar Dental', between);
    const page = await ask().accounts.search(parent, {
      query: 'zanzibar',
      status: ALL.status,
      cursor: null,
      limit: 20,
    });
    expect([page.matches, names(page.rows), page.total]).toEqual([[id], ['Between', 'Zanzibar Dental'], 1]);
    const none = await ask().accounts.search(parent, { query: 'qwrzpf', status: ALL.status, cursor: null, limit: 20 });
    expect([none.matches, none.total]).toEqual([[], 0]);
  });

  it('lists all below one in one order, page by page, kept to filters', async () => {
    const parent = await make('Flat below');
    const between = await make('Middle', parent);
    for (const one of ['Item 10', 'Item 2']) await make(one, between);
    const asked = { query: '', status: ALL.status, sort: 'name', direction: 'desc', cursor: null, limit: 2 } as const;
    const first = await ask().accounts.search(parent, asked);
    const rest = await ask().accounts.search(parent, { ...asked, cursor: first.nextCursor });
    const nameOf = new Map([...first.rows, ...rest.rows].map(({ id, name }) => [id, name]));
    const found = [...first.matches, ...rest.matches].map((id) => nameOf.get(id));
    expect([found, first.total, rest.nextCursor]).toEqual([['Middle', 'Item 10', 'Item 2'], 3, null]);
    const deep = await ask().accounts.search(parent, { ...asked, level: 2, agents: 'none', direction: 'asc' });
    expect(deep.matches.map((id) => deep.rows.find((row) => row.id === id)?.name)).toEqual(['Item 2', 'Item 10']);
    expect((await ask().accounts.search(parent, { ...asked, under: between })).total).toBe(2);
  });

  it('keeps views for people, and says at the field which name is taken', async () => {
    const { views } = await ask().accounts.acts();
    const parent = await make('With views');
    const view = {
      order: { sort: 'minutes', direction: 'desc' },
      status: ['active'],
      agents: 'none',
      layout: 'flat',
    } as const;
    const wish = { id: null, name: 'Mine', audience: 'private', view, density: 'compact' } as const;
    if (ask().caller === 'program') {
      expect((await refused(views.save(parent, wish)))[0]).toBe('FORBIDDEN');
      return;
    }
    const id = await views.save(parent, wish);
    expect(await views.list(parent)).toEqual([{ ...wish, id }]);
    expect(await refused(views.save(parent, { ...wish, name: 'MINE' }))).toEqual(['NAME_TAKEN', 'name']);
    const columns = [{ column: 'path', width: 200 }, { column: 'minutes' }] as const;
    await views.save(parent, { ...wish, id, view: { ...view, columns } });
    expect((await views.list(parent))[0]?.view.columns).toEqual(columns);
    await views.remove(parent, id);
    expect(await views.list(parent)).toEqual([]);
  });

  it('tells of an account where it stands, who pays, and what one may do there', async () => {
    const parent = await make('Detailed');
    const id = await make('Inside', parent);
    const { accounts, root } = ask();
    const top = await accounts.get(root);
    const detail = await accounts.get(id);
    expect(detail.path.slice(-2).map(({ name }) => name)).toEqual(['Detailed', 'Inside']);
    expect(detail.payer).toEqual(top.payer);
    expect(detail.levelsBelow).toBe(top.levelsBelow - 2);
    expect(detail.levels['account.subaccounts']).toBe('full');
    expect(detail.effective).toEqual({ kind: null, by: null, changesAt: null });
  });

  it('tells of many accounts at once what set each up, and how it stands to that', async () => {
    const parent = await make('With blueprints');
    const plain = await make('Without', parent);
    const { accounts, root, setUp, drift } = ask();
    const account = await setUp(parent, 'Practice');
    const { applied } = await accounts.acts();
    const told = { account, blueprint: { name: 'Practice' }, version: 1, state: 'set_up' };
    expect(await applied(root, [plain, account, parent])).toMatchObject([{ ...told, drift: 'as_set_up' }]);
    await drift(account);
    expect(await applied(parent, [account])).toMatchObject([{ ...told, drift: 'changed_here' }]);
    expect(await applied(root, [plain])).toEqual([]);
    expect(await refused(applied(root, [account, NOBODY]))).toEqual(['NOT_FOUND', 'accounts']);
  });

  it('refuses to tell of an account that isn’t there', async () => {
    expect((await refused(ask().accounts.get(NOBODY)))[0]).toBe('NOT_FOUND');
    expect((await refused(below(NOBODY)))[0]).toBe('NOT_FOUND');
  });

  it('gives up a question that nobody waits for any more', async () => {
    const given = new AbortController();
    const asking = ask().accounts.get(ask().root, given.signal);
    given.abort();
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
  });
}

function changesAlike({ ask, make, below }: Tools): void {
  it('creates, renames and moves, and refuses names that are taken, at the field', async () => {
    const acts = await ask().accounts.acts();
    const parent = await make('Changing');
    const [one, two] = [await make('One', parent), await make('Two', parent)];
    expect(await refused(acts.create(parent, { name: 'one' }))).toEqual(['NAME_TAKEN', 'name']);
    expect(await refused(acts.rename(two, 'ONE'))).toEqual(['NAME_TAKEN', 'name']);
    expect((await acts.rename(two, 'Three')).name).toBe('Three');
    expect(await refused(acts.move(parent, one))).toEqual(['MOVE_INTO_ITSELF', 'to']);
    expect((await acts.move(two, one)).parentId).toBe(one);
    expect(names((await below(one)).rows)).toEqual(['Three']);
    const { rows } = await below(parent);
    expect(rows.map(({ name, children }) => [name, children])).toEqual([['One', 1]]);
  });

  it('suspends with everything below, says first whom that hits, and takes it back', async () => {
    const acts = await ask().accounts.acts();
    const parent = await make('Suspending');
    await make('Below it', parent);
    const preview = await acts.previewSuspension(parent);
    expect([preview.accounts, preview.sample.map(({ name }) => name)]).toEqual([
      2,
      expect.arrayContaining(['Below it']),
    ]);
    const order = { kind: 'read_only', from: null, until: null, reason: 'unpaid' } as const;
    const row = await acts.suspend(parent, order);
    expect([row.status, row.suspension?.kind, row.suspension?.reason]).toEqual(['suspended', 'read_only', 'unpaid']);
    expect((await acts.reactivate(parent)).status).toBe('active');
  });

  it('closes what has nothing open below and is not protected, and opens it again', async () => {
    const acts = await ask().accounts.acts();
    const parent = await make('Closing');
    const child = await make('Still open', parent);
    expect((await refused(acts.close(parent)))[0]).toBe('HAS_LIVE_CHILDREN');
    expect((await acts.setProtection(child, 'on')).protected).toBe(true);
    expect((await refused(acts.close(child)))[0]).toBe('PROTECTED');
    await acts.setProtection(child, 'off');
    expect((await acts.close(child)).status).toBe('closed');
    expect((await acts.reopen(child)).status).toBe('active');
  });
}

function peopleAlike({ ask, make }: Tools): void {
  it('invites into an account, once for each address, and takes it back', async () => {
    const { members } = ask();
    const account = await make('Inviting');
    expect(await members.list(account)).toEqual({ members: [], invitations: [] });
    expect((await refused(members.invite(account, 'nobody', 'member')))[1]).toBe('email');
    expect((await members.invite(account, 'vera@example.com', 'viewer')).link).toMatch(/^https?:.*\/invite\/./);
    await members.invite(account, 'vera@example.com', 'member');
    const { invitations } = await members.list(account);
    expect(invitations.map(({ email, role }) => [email, role])).toEqual([['vera@example.com', 'member']]);
    await members.withdraw(account, invitations[0]?.id ?? ('' as RowId));
    expect((await members.list(account)).invitations).toEqual([]);
  });

  it('lists who is in, keeps the only owner, and knows nobody else', async () => {
    const { members, root } = ask();
    const [owner] = (await members.list(root)).members;
    expect([owner?.role, typeof owner?.name, owner !== undefined && 'lastActivity' in owner]).toEqual([
      'owner',
      'string',
      true,
    ]);
    const user = owner?.userId ?? ('' as never);
    expect((await refused(members.setRole(root, user, 'admin')))[0]).toBe('LAST_OWNER');
    expect((await refused(members.remove(root, user)))[0]).toBe('LAST_OWNER');
    expect(await refused(members.remove(root, NOBODY as string as typeof user))).toEqual(['NOT_FOUND', 'userId']);
  });
}

function importsAlike({ ask, make }: Tools): void {
  it('plans what comes along, asks about names, runs what is so still once, and takes it back', async () => {
    const { products, imports, settle } = ask();
    const account = await make('From above');
    const target = await make('Into', account);
    const base = await products.create(account, 'knowledgeBase', { name: 'Handbook' });
    const hours = await products.create(account, 'schedule', { name: 'Office hours' });
    const product = await products.create(account, 'agent', {
      name: 'Desk',
      knowledge: { bases: [base] },
      callFlow: { hours },
    });
    await products.create(target, 'schedule', { name: 'office HOURS' });
    const wish = { targets: [target], products: [{ product }] };
    const asking = await imports.plan(account, wish);
    const acts = (plan: typeof asking) => plan.targets[0]?.items.map(({ name, act }) => `${name} ${act}`).toSorted();
    expect([asking.ready, acts(asking)]).toEqual([false, ['Desk new', 'Handbook new', 'Office hours clash']]);
    const answered = { ...wish, answers: [{ kind: 'schedule' as const, as: 'keep_both' as const }] };
    const stale = await imports.plan(account, answered);
    expect([stale.ready, acts(stale)]).toEqual([true, ['Desk new', 'Handbook new', 'Office hours (2) new']]);
    await products.save({ account, kind: 'knowledgeBase', product: base }, 1, { name: 'Manual' });
    expect((await refused(imports.run(account, stale.plan, [])))[0]).toBe('PLAN_STALE');
    const { plan } = await imports.plan(account, answered);
    const job = await imports.run(account, plan, []);
    expect(await refused(imports.run(account, plan, []))).toEqual(['NOT_FOUND', 'plan']);
    await settle(job);
    const { job: ended, steps, nextCursor } = await imports.job(account, job);
    expect([ended.state, nextCursor]).toEqual(['succeeded', null]);
    expect(steps.map(({ names: of, done }) => `${of.join()} ${done[0]?.act}`).toSorted()).toEqual([
      'Desk new',
      'Manual new',
      'Office hours (2) new',
    ]);
    expect(new Set(steps.map((step) => step.account.id))).toEqual(new Set([target]));
    expect(await imports.waiting(account, job)).toEqual({ rows: [], nextCursor: null });
    expect((await imports.recent(account)).map(({ id }) => id)).toEqual([job]);
    expect((await imports.links(account, target, [product])).map(({ source, version }) => [source, version])).toEqual([
      [product, 1],
    ]);
    expect((await imports.foreseeUndo(account, job)).every(({ left }) => left === null)).toBe(true);
    const undone = await imports.undo(account, job);
    await settle(undone);
    expect((await imports.job(account, undone)).job.state).toBe('succeeded');
    const query = { search: '', order: 'name', cursor: null, limit: 10 } as const;
    expect((await products.list(target, 'agent', query)).rows).toEqual([]);
  });
}

function productsAlike({ ask, make }: Tools): void {
  it('makes, lists, reads and saves products in part, and tells which version is there now', async () => {
    const { products } = ask();
    const account = await make('Owning');
    const base = await products.create(account, 'knowledgeBase', { name: 'Handbook' });
    const product = await products.create(account, 'agent', { name: 'Desk', knowledge: { bases: [base] } });
    await products.create(account, 'agent', { name: 'Other' });
    const query = { search: 'des', order: 'name', cursor: null, limit: 10 } as const;
    const { rows, nextCursor } = await products.list(account, 'agent', query);
    expect([rows.map(({ id, version }) => [id, version]), nextCursor]).toEqual([[[product, 1]], null]);
    const at = { account, kind: 'agent', product } as const;
    const got = await products.get(at, null);
    expect(got.refs).toMatchObject([
      { at: '/knowledge/bases/0', kind: 'knowledgeBase', id: base, name: 'Handbook', state: 'there' },
    ]);
    const saved = await products.save(at, 1, { prompt: { greeting: 'Hello' } });
    expect([saved.version, saved.document['knowledge'], saved.levels['prompt']]).toEqual([
      2,
      got.document['knowledge'],
      'full',
    ]);
    expect((await refused(products.save(at, 1, { name: 'Late' })))[0]).toBe('VERSION_CONFLICT');
    expect((await products.versions(at)).map(({ version, state }) => [version, state])).toEqual([
      [2, 'present'],
      [1, 'past'],
    ]);
    expect((await products.restore(at, 1, 2)).document['prompt']).toEqual(got.document['prompt']);
  });

  it('refuses at the field, deletes nothing that is needed, and brings back what was deleted', async () => {
    const { products } = ask();
    const account = await make('Owning less');
    const fault = products.create(account, 'phoneNumber', { name: 'Line', number: '030' });
    await expect(fault).rejects.toMatchObject({ code: 'DOCUMENT_INVALID', faults: [{ at: '/number' }] });
    const base = await products.create(account, 'knowledgeBase', { name: 'Handbook' });
    expect((await refused(products.create(account, 'knowledgeBase', { name: 'HANDBOOK' })))[0]).toBe('NAME_TAKEN');
    const agent = await products.create(account, 'agent', { name: 'Desk', knowledge: { bases: [base] } });
    expect((await refused(products.remove({ account, kind: 'knowledgeBase', product: base })))[0]).toBe('STILL_NEEDED');
    await products.remove({ account, kind: 'agent', product: agent });
    const [gone] = await products.deleted(account, 'agent');
    expect([gone?.id, gone?.version]).toEqual([agent, 1]);
    expect((await products.restore({ account, kind: 'agent', product: agent }, 1, 1)).name).toBe('Desk');
  });

  it('tells of a secret that it is set, and keeps it', async () => {
    const { products } = ask();
    const account = await make('Keeping');
    const product = await products.create(account, 'integration', { name: 'CRM', credentials: 'a-long-secret-1234' });
    const at = { account, kind: 'integration', product } as const;
    const { document } = await products.get(at, null);
    expect(document['credentials']).toEqual({ set: true, last4: '1234' });
    const saved = await products.save(at, 1, { ...document, system: 'CRM' });
    expect(saved.document['credentials']).toEqual({ set: true, last4: '1234' });
    expect(
      (await products.save(at, 2, { ...saved.document, credentials: null })).document['credentials'],
    ).toBeUndefined();
  });
}

function usageAlike({ ask, make }: Tools): void {
  it('tells the minutes of each day, of the account by itself and with all below, and of no other days', async () => {
    const { usage, use } = ask();
    const account = await make('Using');
    const nested = await make('Using below', account);
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const [from, to] = [instantOf(today - 2 * DAY_MS), instantOf(today + DAY_MS)];
    expect(await usage.days(account, { from, to })).toEqual([]);
    await use(account, '12.5', Date.now());
    await use(nested, '0.25', Date.now());
    await use(nested, '7.5', today - 2 * DAY_MS);
    await use(account, '3', today - 2 * DAY_MS - 1);
    expect(await usage.days(account, { from, to })).toEqual([
      { start: from, own: '0', total: '7.5' },
      { start: instantOf(today), own: '12.5', total: '12.75' },
    ]);
    expect((await refused(usage.days(NOBODY, { from, to })))[0]).toBe('NOT_FOUND');
  });
}

function tellsAlike({ ask, make }: Tools): void {
  /** The first frame that is as wanted. */
  const frame = <Frame>(
    subscribe: (reader: { onFrame: (frame: Frame) => void; onRefused: (refusal: SourceRefusal) => void }) => () => void,
    isWanted: (frame: Frame) => boolean,
  ): Promise<Frame> =>
    new Promise((resolve, reject) => {
      const stop = subscribe({
        onFrame: (one) => {
          if (!isWanted(one)) return;
          queueMicrotask(() => stop());
          resolve(one);
        },
        onRefused: reject,
      });
    });

  it('tells what changed in an account and the children that are watched', async () => {
    const { accounts, root } = ask();
    const parent = await make('Watched');
    const { treeVersion, resumeId: after } = await accounts.get(parent);
    const told = frame<AccountsTold>(
      (reader) => accounts.subscribeAccounts(root, { after, childrenOf: [parent], accounts: [parent] }, reader),
      ({ changed }) => changed.some(({ name }) => name === 'Newborn'),
    );
    await make('Newborn', parent);
    const { changed, version } = await told;
    expect(version).toBeGreaterThan(treeVersion);
    expect(changed.find(({ name }) => name === 'Newborn')?.parentId).toBe(parent);
  });

  it.each(['list', 'search', 'get', 'a frame'] as const)('goes on after %s without a gap', async (of) => {
    const { accounts, root } = ask();
    const parent = await make(`Left ${of}`);
    const watched = { childrenOf: [parent], accounts: [parent] };
    const { resumeId } = await accounts.get(parent);
    const before = async (): Promise<string> => {
      if (of === 'get') return resumeId;
      if (of === 'list') return (await accounts.list(parent, { ...ALL, cursor: null, limit: 1 })).resumeId;
      if (of === 'search')
        return (await accounts.search(root, { query: 'Left', status: ALL.status, cursor: null, limit: 1 })).resumeId;
      const first = frame<AccountsTold>(
        (reader) => accounts.subscribeAccounts(root, { after: resumeId, ...watched }, reader),
        ({ changed }) => changed.some(({ name }) => name === 'Earlier'),
      );
      await make('Earlier', parent);
      return (await first).resumeId;
    };
    const after = await before();
    await make('Meanwhile', parent);
    const { gap, changed } = await frame<AccountsTold>(
      (reader) => accounts.subscribeAccounts(root, { after, ...watched }, reader),
      (told) => told.changed.length > 0,
    );
    expect(gap).toBeUndefined();
    expect(changed.map(({ name }) => name)).toContain('Meanwhile');
    expect(changed.map(({ name }) => name)).not.toContain('Earlier');
  });

  it('tells that accounts may stand otherwise to what set them up', async () => {
    const { accounts, root, setUp, drift } = ask();
    const account = await setUp(root, 'Live');
    const { treeVersion } = await accounts.get(account);
    const { watchApplied } = await accounts.acts();
    const told: number[] = [];
    const stop = watchApplied(root, (version) => told.push(version));
    // At first how it is: no answer from then on is older.
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), { timeout: 5_000 });
    expect(told[0]).toBeLessThanOrEqual(treeVersion);
    await drift(account);
    await vi.waitFor(() => expect(told.at(-1)).toBeGreaterThan(treeVersion), { timeout: 5_000 });
    stop();
  });

  it('begins with the minutes as they are', async () => {
    const { accounts, root } = ask();
    const { period } = await accounts.list(root, { ...ALL, cursor: null, limit: 1 });
    const first = await frame<UsageFrame>(
      (reader) => accounts.subscribeUsage(root, [root], reader),
      () => true,
    );
    expect(first.period).toBe(period);
    expect(first.minutes.every(([id]) => id === root)).toBe(true);
  });
}
