import type { PermissionsFrame, SomeLevels } from '@tenantree/domain';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Composed } from '../src/server/compose.ts';
import { asAgreed } from './support/agreed.ts';
import type { AppRouter } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { startApi } from './support/start-api.ts';

let first: Deployment;
let second: Composed;
beforeAll(async () => {
  first = await deploy();
  second = await startApi(first.database.serving);
});
afterAll(async () => {
  await second.close();
  await first.close();
});

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const make = async (name: string, account: string): Promise<string> =>
  (await first.owner.accounts.create.mutate({ account, name })).account.id;

/** A main account's reseller, its client, and the client's branch. */
async function branch() {
  const reseller = await make(`Reseller ${performance.now()}`, first.root);
  const client = await make(`Client of ${reseller}`, reseller);
  return { reseller, client, below: await make('Branch', client) };
}

type Seen = { id: string; readonly frames: PermissionsFrame[] };

/** What somebody with a key of an account is told by the second server of permissions; the first frame is there. */
async function watching(
  key: string,
  input: { readonly account: string; readonly accounts?: string[]; readonly lastEventId?: string },
): Promise<Seen> {
  const { secret } = await first.key(key);
  const ws = createWSClient({
    url: `${second.url.replace('http', 'ws')}/trpc`,
    connectionParams: () => ({ token: secret }),
  });
  stops.push(() => void ws.close());
  const trpc = createTRPCClient<AppRouter>({ links: [asAgreed, wsLink({ client: ws })] });
  const seen: Seen = { id: '', frames: [] };
  trpc.permissions.live.subscribe(input, {
    onData: ({ id, data }) => {
      seen.id = id;
      seen.frames.push(data);
    },
  });
  await vi.waitFor(() => expect(seen.frames).toHaveLength(1), { timeout: 10_000, interval: 10 });
  return seen;
}

async function set(account: string, levels: SomeLevels): Promise<void> {
  const { version } = await first.owner.permissions.get.query({ account });
  await first.owner.permissions.set.mutate({ account, levels, expectedVersion: version ?? 0 });
}

/** What was told of an account last, in time. */
async function told({ frames }: Seen, account: string, ceiling: SomeLevels, withinMs: number) {
  const items = () => frames.flatMap(({ caps }) => caps.filter((one) => one.account === account));
  await vi.waitFor(() => expect(items().at(-1)).toMatchObject({ ceiling }), { timeout: withinMs, interval: 5 });
  return items().at(-1);
}

/** Everybody below an account whose caps are set is told. */
async function isTold(withinMs: number): Promise<void> {
  const { reseller, client, below } = await branch();
  const other = await branch();
  const [theirs, named, all, beside] = await Promise.all([
    watching(client, { account: client }),
    watching(first.root, { account: first.root, accounts: [below] }),
    watching(first.root, { account: first.root }),
    watching(other.client, { account: other.client }),
  ]);
  await set(reseller, { tasks: 'read', campaigns: 'none' });
  const [own, , items] = await Promise.all([
    told(theirs, client, { tasks: 'read', campaigns: 'none', agents: 'full' }, withinMs),
    told(named, below, { tasks: 'read', campaigns: 'none' }, withinMs),
    told(all, reseller, { tasks: 'full', campaigns: 'full' }, withinMs),
  ]);
  expect(items?.levels).toMatchObject({ tasks: 'read', campaigns: 'none' });
  const { rows, version } = await first.owner.permissions.get.query({ account: client });
  expect(own?.version).toBe(version);
  expect(own?.ceiling).toEqual(Object.fromEntries(rows.map(({ key, ceiling }) => [key, ceiling])));
  expect(theirs.frames.every(({ caps }) => caps.every(({ account }) => account === client))).toBe(true);
  expect([theirs, named, all].flatMap(({ frames }) => frames.filter(({ gap }) => gap))).toEqual([]);
  expect(beside.frames).toHaveLength(1);
}

describe('Caps that were set through another server', () => {
  it('are told within a second to who watches below, at the account, and above', () => isTold(1_000));

  it('are told within three seconds when nobody tells of them', async () => {
    await first.database.asOwner('REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC');
    try {
      await isTold(3_000);
    } finally {
      await first.database.asOwner('GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO PUBLIC');
    }
  });

  it('are told without a gap to who was told nothing for longer than changes are remembered', async () => {
    const { reseller, client } = await branch();
    const [seen, all] = [
      await watching(client, { account: client }),
      await watching(first.root, { account: first.root }),
    ];
    await told(all, await make('Meanwhile', first.root), { tasks: 'full' }, 3_000);
    await first.database.asOwner("SELECT forget_tree_changes(interval '-1 minute')");
    await set(reseller, { tasks: 'read' });
    await told(seen, client, { tasks: 'read' }, 1_000);
    expect(seen.frames.filter(({ gap }) => gap)).toEqual([]);
  });

  it('are told to who comes back after an id from before', async () => {
    const { reseller, client } = await branch();
    const { id: lastEventId } = await watching(client, { account: client });
    await set(reseller, { tasks: 'read' });
    await told(await watching(client, { account: client, lastEventId }), client, { tasks: 'read' }, 1_000);
  });

  it('bind an account that comes below them', async () => {
    const [from, to] = [await branch(), await branch()];
    await set(to.reseller, { tasks: 'read' });
    const seen = await watching(from.below, { account: from.below });
    await first.owner.accounts.move.mutate({ account: from.client, to: to.reseller });
    await told(seen, from.below, { tasks: 'read' }, 1_000);
  });
});
