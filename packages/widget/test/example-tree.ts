import type { AccountId } from '@tenantree/domain';
import { MemorySource } from './memory-source.ts';

/** A small generator of the same numbers every time (Numerical Recipes' LCG). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The handful of accounts of the design mock. */
export function mockTree(): MemorySource {
  const source = new MemorySource();
  const grow = (name: string, minutes: string, members: number, agents: number, parent?: AccountId): AccountId => {
    const id = source.grow(name, parent, { members, agents });
    if (minutes !== '0') source.entry(id).own.nanos = BigInt(Math.round(Number(minutes) * 1e3)) * 10n ** 6n;
    return id;
  };
  const group = grow('Acme Group', '11203.4', 4, 21);
  const north = grow('Acme North', '2410.9', 3, 6, group);
  grow('Northgate Dental', '3901.2', 4, 3, north);
  const clinic = grow('Illinois 0O1lI Clinic', '6117.8', 7, 9, north);
  for (const name of ['Chicago Loop', 'Naperville', 'Springfield']) grow(name, '120.5', 2, 1, clinic);
  grow('Acme South', '9044.3', 8, 11, group);
  const shoes = grow('Straße & Söhne', '640', 3, 2, group);
  grow('Filiale Köln', '88.25', 1, 1, shoes);
  grow('Filiale Zürich', '12', 1, 0, shoes);
  grow('شركة النور للاتصالات', '1204.75', 6, 4, group);
  grow('東京テレコム株式会社', '18220.1', 12, 30, group);
  const borealis = grow('Borealis Motors', '2204.9', 5, 7);
  source.patch(borealis, { billingMode: 'direct' });
  const cedar = grow('Cedar Retail', '31880.1', 31, 40);
  for (let i = 1; i <= 22; i++) grow(`Cedar Store ${i}`, String(i * 17.3), i, i % 4, cedar);
  const delta = grow('Delta Logistics', '410', 4, 2);
  source.patch(delta, {
    status: 'suspended',
    suspension: { kind: 'read_only', from: null, until: null, reason: null },
  });
  grow('Delta Warehousing', '20', 1, 1, delta);
  grow('Évora Turismo', '0', 1, 0);
  return source;
}

/** Thousands of accounts: `roots` × `branches` × `leaves`. */
export function largeTree(roots = 20, branches = 20, leaves = 12): MemorySource {
  const random = seeded(7);
  const source = new MemorySource();
  const own = () => ({
    members: Math.floor(random() * 20),
    agents: Math.floor(random() * 30),
    nanos: BigInt(Math.floor(random() * 1e6)) * 10n ** 7n,
  });
  const two = (n: number): string => String(n).padStart(2, '0');
  for (let r = 0; r < roots; r++) {
    const root = source.grow(`Reseller ${two(r)}`, undefined, own());
    for (let b = 0; b < branches; b++) {
      const branch = source.grow(`Branch ${two(r)}-${two(b)}`, root, own());
      for (let l = 0; l < leaves; l++) source.grow(`Client ${two(r)}-${two(b)}-${two(l)}`, branch, own());
    }
  }
  return source;
}

/** Accounts as the file of ISO 3166 regions has them: `external_id,parent_external_id,name`, parents before children. */
export function treeOfCsv(csv: string): MemorySource {
  const source = new MemorySource();
  const ids = new Map<string, AccountId>();
  for (const line of csv.split('\n').slice(1)) {
    const match = /^([^,]*),([^,]*),(?:"((?:[^"]|"")*)"|(.*))$/.exec(line.trimEnd());
    if (!match) continue;
    const [, external = '', parent = '', quoted, plain] = match;
    const name = (quoted?.replaceAll('""', '"') ?? plain ?? '').trim();
    const id = source.grow(name, ids.get(parent));
    source.patch(id, { externalId: external });
    ids.set(external, id);
  }
  return source;
}
