import type { UsageFrame } from '@tenantree/domain';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asAgreed } from './support/agreed.ts';
import { type AppRouter, type Client, codeOf, join } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let api: Deployment;
let owner: Client;
const stops: (() => void)[] = [];
beforeAll(async () => {
  api = await deploy();
  owner = api.owner;
});
afterAll(async () => {
  for (const stop of stops) stop();
  await api.close();
});

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });

/** What somebody sees of an account's minutes over one line, and what ends it. */
function watch(token: string, account: string, lastEventId?: string) {
  const ws = createWSClient({
    url: `${api.url.replace('http', 'ws')}/trpc`,
    connectionParams: () => ({ token }),
    lazy: { enabled: true, closeMs: 0 },
  });
  stops.push(() => void ws.close());
  const client = createTRPCClient<AppRouter>({ links: [asAgreed, wsLink({ client: ws })] });
  const frames: { readonly id: string; readonly data: UsageFrame }[] = [];
  const errors: (string | undefined)[] = [];
  client.usage.live.subscribe(
    { account, ...(lastEventId && { lastEventId }) },
    { onData: ({ id, data }) => frames.push({ id, data }), onError: ({ data }) => errors.push(data?.refusal.code) },
  );
  return { frames, errors };
}

describe('A subtree that becomes a tree of its own (rules/accounts 24)', () => {
  it('is out of reach of those above at once; its own people go on with what there is, and with its log', async () => {
    const make = async (account: string, name: string): Promise<string> =>
      (await owner.accounts.create.mutate({ account, name })).account.id;
    const leaving = await make(await make(api.root, 'Agency'), 'Leaving');
    const leaf = await make(leaving, 'Leaf');
    const theirs = await join(api.url, owner, leaving, 'theirs@example.com', 'owner');
    const { key } = await theirs.keys.create.mutate({ account: leaving, name: 'Theirs' });
    await owner.permissions.set.mutate({ account: leaf, levels: { tasks: 'read' }, expectedVersion: 0 });
    expect((await theirs.permissions.get.query({ account: leaf })).undo).toMatchObject({ by: 'Olivia Owner' });
    const above = (await api.key(api.root)).secret;
    const streams = { theirs: watch(key, leaving), above: watch(above, leaving), root: watch(above, api.root) };
    await until(() => Object.values(streams).forEach(({ frames }) => expect(frames).toHaveLength(1)));

    await api.database.asOwner('SELECT change_root($1, NULL, now())', [leaving]);
    const began = performance.now();
    await until(() => expect(streams.above.errors).toEqual(['NOT_FOUND']));
    await until(() => expect(streams.theirs.errors).toEqual(['UNAVAILABLE']));
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(streams.root.errors).toEqual([]);
    expect(await codeOf(owner.accounts.get.query({ account: leaf }))).toBe('NOT_FOUND');

    const before = streams.theirs.frames[0]!;
    expect(before.id).toContain(`.${api.root}.`);
    const after = watch(key, leaving, before.id);
    await until(() => expect(after.frames).toHaveLength(1));
    expect(after.frames[0]?.id).toContain(`.${leaving}.`);
    expect(after.frames[0]?.data.gap).toBe(true);
    expect(after.frames[0]!.data.version).toBeGreaterThan(before.data.version);

    // What those above set stays; nobody is told of them, nor takes back what they did.
    expect(await theirs.permissions.get.query({ account: leaf })).toMatchObject({ restricted: 1, undo: null });
    await theirs.accounts.rename.mutate({ account: leaf, name: 'Leaf of our own' });
    const log = await theirs.audit.list.query({ account: leaving, scope: 'nested', limit: 50 });
    const said = log.rows.map(({ action }) => action);
    expect(said.slice(0, 2)).toEqual(['account.renamed', 'transfer.arrived']);
    expect(said).toContain('account.created');
    expect((await theirs.audit.verify.query({ account: leaving })).faults).toEqual([]);
    const old = await owner.audit.list.query({ account: api.root, scope: 'nested', limit: 50 });
    expect(old.rows.filter(({ account }) => [leaving, leaf].includes(account.id as never))).toEqual([]);
    expect(old.rows.map(({ action }) => action)).toContain('transfer.departed');
    expect((await owner.audit.verify.query({ account: api.root })).faults).toEqual([]);
  });
});
