import { createTenantree } from '@tenantree/client';
import type { AccountId, RowId } from '@tenantree/domain';
import { importsFrom } from '../src/imports/imports-source.ts';
import { clientSource } from '../src/index.ts';
import { productsFrom } from '../src/products.ts';
import { membersFrom } from '../src/rooms.ts';
import { usageFrom } from '../src/usage/usage-source.ts';
import { MemoryImports } from './memory-imports.ts';
import { MemoryMembers } from './memory-members.ts';
import type { MemoryProducts } from './memory-products.ts';
import { MemorySource } from './memory-source.ts';
import { MemoryUsage } from './memory-usage.ts';
import { type Asked, describeSource } from './source-contract.ts';
import { serve } from './wire.ts';

const API = 'https://accounts.example';

function memory(): Asked & {
  readonly accounts: MemorySource;
  readonly members: MemoryMembers;
  readonly products: MemoryProducts;
  readonly imports: MemoryImports;
  readonly usage: MemoryUsage;
} {
  const accounts = new MemorySource('Contract');
  const members = new MemoryMembers();
  const root = accounts.root.row.id;
  members.join(root, 'Olivia Owner', 'owner');
  const imports = new MemoryImports(accounts);
  const usage = new MemoryUsage(accounts);
  const settle = (job: RowId): void => {
    while (imports.step(job));
  };
  const setUp = async (parent: AccountId, name: string): Promise<AccountId> => {
    const id = accounts.arrive(`Set up by ${name}`, parent);
    const from = { id: null, name: 'Root' };
    const blueprint = { id: id as string as RowId, name, version: 1, from };
    accounts.offered = [{ ...blueprint, sections: [], variables: [], savedBy: null, savedAt: null }];
    accounts.setUp.set(id, { blueprint: blueprint.id, drift: 'as_set_up' });
    return id;
  };
  return {
    accounts,
    members,
    setUp,
    drift: (id) => accounts.drift(id, id as string as RowId, 'changed_here'),
    products: imports.products,
    imports,
    usage,
    use: (account, minutes, at) => usage.use(account, minutes, at),
    settle,
    root,
    caller: 'person',
    close: () => undefined,
  };
}

describeSource('in memory', 'live', async () => memory());

describeSource('the wire in front of it', 'deaf', async () => {
  const { accounts, members, imports, usage, use, settle, root, setUp, drift } = memory();
  const wire = serve(API, accounts, { members, imports, usage });
  const client = createTenantree({ url: API, getToken: async () => 'tt_embed_1' });
  const close = (): void => {
    client.close();
    wire.stop();
  };
  const products = productsFrom(client);
  return {
    accounts: clientSource(client),
    members: membersFrom(client),
    products,
    imports: importsFrom(client, products),
    usage: usageFrom(client),
    use,
    settle,
    setUp,
    drift,
    root,
    caller: 'person',
    close,
  };
});
