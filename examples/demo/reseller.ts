import { refusalOf, type Tenantree } from '@tenantree/client';
import { type AccountId, instantOf } from '@tenantree/domain';
import type { FileAccount, FileAccounts } from './accounts-file.ts';
import { type Call } from './calls-file.ts';
import { Failed } from './failed.ts';
import { placeOf, type Stretch } from './placing.ts';

type Trpc = Tenantree['trpc'];

/** Does something until it works (see `persist`). */
export type Persist = <T>(action: () => Promise<T>) => Promise<T>;

/** The demo's own account: the world of the file. Its metadata remembers what a later start must do again in the same way. */
export type Reseller = {
  readonly id: AccountId;
  readonly name: string;
  /** What all external ids of this demo begin with; the reseller's own is just this. */
  readonly prefix: string;
  /** The time that the month of the calls is laid over: the billing period in which the demo began, until it began. */
  readonly stretch: Stretch;
  readonly imported: boolean;
};

/** Most accounts of one call. */
const CREATED_TOGETHER = 1_000;

/** The account reference of one of the demo's accounts. */
export const refOf = (prefix: string, account: FileAccount): string => `ext:${prefix}-${account.id}`;

/** The reseller of that name under `home`, created if it isn't there, with its stretch decided once and for all. */
export async function findReseller(
  trpc: Trpc,
  home: AccountId,
  name: string,
  prefix: string,
  persist: Persist,
): Promise<Reseller> {
  const found = await persist(() => existing(trpc, `ext:${prefix}`));
  const account =
    found ?? (await persist(() => trpc.accounts.create.mutate({ account: home, name, externalId: prefix }))).account;
  const { metadata } = await persist(() => trpc.accounts.get.query({ account: account.id }));
  const { demoFrom, demoUntil, demoImported } = metadata;
  if (typeof demoFrom === 'string' && typeof demoUntil === 'string') {
    const stretch = { start: instantOf(Date.parse(demoFrom)), end: instantOf(Date.parse(demoUntil)) };
    return { id: account.id, name: account.name, prefix, stretch, imported: demoImported === true };
  }
  const { period } = await persist(() => trpc.usage.totals.query({ account: account.id }));
  const stretch = { start: period.start, end: instantOf(Math.max(Date.now(), Date.parse(period.start))) };
  await persist(() =>
    trpc.accounts.setMetadata.mutate({
      account: account.id,
      metadata: { ...metadata, demoFrom: stretch.start, demoUntil: stretch.end },
    }),
  );
  return { id: account.id, name: account.name, prefix, stretch, imported: false };
}

async function existing(trpc: Trpc, account: string) {
  try {
    return await trpc.accounts.get.query({ account });
  } catch (error) {
    if (refusalOf(error).code === 'NOT_FOUND') return null;
    throw error;
  }
}

/**
 * Creates the file's accounts below the reseller, parents before their children, many by a call. What an earlier, interrupted start created is
 * found again by its external id, also when somebody has renamed it since.
 */
export async function importAccounts(
  trpc: Trpc,
  reseller: Reseller,
  { world, rest }: FileAccounts,
  persist: Persist,
  onProgress: (done: number) => void,
): Promise<void> {
  const wishes = rest.map((account) => ({
    name: account.name,
    externalId: `${reseller.prefix}-${account.id}`,
    // Those right below the world stand in the reseller.
    ...(account.parentId !== world.id && { parent: `ext:${reseller.prefix}-${account.parentId}` }),
  }));
  for (let from = 0; from < wishes.length; from += CREATED_TOGETHER) {
    const accounts = wishes.slice(from, from + CREATED_TOGETHER);
    const wish = { account: reseller.id, accounts, mode: 'each' as const };
    const { results } = await persist(() => trpc.accounts.createMany.mutate(wish));
    results.forEach((result, position) => {
      if (!('code' in result) || result.code === 'EXTERNAL_ID_CONFLICT') return;
      throw new Failed(`“${accounts[position]?.name}” was not created: ${result.message} (${result.code})`);
    });
    onProgress(from + accounts.length);
  }
}

/** The people who served: every name of the call file, each in one country. */
export function agentsByCountry(calls: readonly Call[], countries: readonly FileAccount[]): Map<FileAccount, string[]> {
  const names = [...new Set(calls.flatMap((call) => call.agent ?? []))].sort();
  return Map.groupBy(names, (name) => placeOf(name, countries));
}

/** Creates the agents; those that are there already stay as they are. */
export async function createAgents(
  trpc: Trpc,
  reseller: Reseller,
  agents: ReadonlyMap<FileAccount, readonly string[]>,
  persist: Persist,
): Promise<void> {
  for (const [country, names] of agents) {
    const account = refOf(reseller.prefix, country);
    const wanted = names.map((name) => ({ document: { name }, externalId: `${reseller.prefix}-${name}` }));
    await persist(() => trpc.products.create.mutate({ account, kind: 'agent', products: wanted }));
  }
}

/** Remembers that accounts and agents are there, so that a later start goes straight to the calls. */
export const markImported = (trpc: Trpc, reseller: Reseller, persist: Persist): Promise<void> =>
  remember(trpc, reseller, { demoImported: true }, persist);

/** Keeps what a later start has to know in the reseller's metadata, beside what is there. */
export async function remember(
  trpc: Trpc,
  reseller: Reseller,
  facts: Readonly<Record<string, boolean | number>>,
  persist: Persist,
): Promise<void> {
  const { metadata } = await persist(() => trpc.accounts.get.query({ account: reseller.id }));
  await persist(() => trpc.accounts.setMetadata.mutate({ account: reseller.id, metadata: { ...metadata, ...facts } }));
}
