import { createTenantree } from '@tenantree/client';
import type { RowId } from '@tenantree/domain';
import { importsFrom } from '../src/imports/imports-source.ts';
import { clientSource } from '../src/index.ts';
import { productsFrom } from '../src/products.ts';
import { membersFrom } from '../src/rooms.ts';
import { MemoryImports } from './memory-imports.ts';
import { MemoryMembers } from './memory-members.ts';
import type { MemoryProducts } from './memory-products.ts';
import { MemorySource } from './memory-source.ts';
import { type Asked, describeSource } from './source-contract.ts';
import { serve } from './wire.ts';

const API = 'https://accounts.example';

function memory(): Asked & {
  readonly accounts: MemorySource;
  readonly members: MemoryMembers;
  readonly products: MemoryProducts;
  readonly imports: MemoryImports;
} {
  const accounts = new MemorySource('Contract');
  const members = new MemoryMembers();
  const root = accounts.root.row.id;
  members.join(root, 'Olivia Owner', 'owner');
  const imports = new MemoryImports(accounts);
  const settle = (job: RowId): void => {
    while (imports.step(job));
  };
  return {
    accounts,
    members,
    products: imports.products,
    imports,
    settle,
    root,
    caller: 'person',
    close: () => undefined,
  };
}

describeSource('in memory', 'live', async () => memory());

describeSource('the wire in front of it', 'deaf', async () => {
  const { accounts, members, imports, settle, root } = memory();
  const wire = serve(API, accounts, { members, imports });
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
    settle,
    root,
    caller: 'person',
    close,
  };
});
