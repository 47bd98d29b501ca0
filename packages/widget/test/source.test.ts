import { createTenantree } from '@tenantree/client';
import { clientSource } from '../src/index.ts';
import { productsFrom } from '../src/products.ts';
import { membersFrom } from '../src/rooms.ts';
import { MemoryMembers } from './memory-members.ts';
import { MemoryProducts } from './memory-products.ts';
import { MemorySource } from './memory-source.ts';
import { type Asked, describeSource } from './source-contract.ts';
import { serve } from './wire.ts';

const API = 'https://accounts.example';

function memory(): Asked & {
  readonly accounts: MemorySource;
  readonly members: MemoryMembers;
  readonly products: MemoryProducts;
} {
  const accounts = new MemorySource('Contract');
  const members = new MemoryMembers();
  const root = accounts.root.row.id;
  members.join(root, 'Olivia Owner', 'owner');
  return { accounts, members, products: new MemoryProducts(), root, caller: 'person', close: () => undefined };
}

describeSource('in memory', 'live', async () => memory());

describeSource('the wire in front of it', 'deaf', async () => {
  const { accounts, members, products, root } = memory();
  const wire = serve(API, accounts, { members, products });
  const client = createTenantree({ url: API, getToken: async () => 'tt_embed_1' });
  const close = (): void => {
    client.close();
    wire.stop();
  };
  return {
    accounts: clientSource(client),
    members: membersFrom(client),
    products: productsFrom(client),
    root,
    caller: 'person',
    close,
  };
});
