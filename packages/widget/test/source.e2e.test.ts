import { createTenantree } from '@tenantree/client';
import type { AccountId } from '@tenantree/domain';
import { deploy } from '../../../apps/api/test/support/deployment.ts';
import { clientSource } from '../src/index.ts';
import { productsFrom } from '../src/products.ts';
import { membersFrom } from '../src/rooms.ts';
import { describeSource } from './source-contract.ts';

describeSource('a server', 'live', async () => {
  const api = await deploy();
  const { secret } = await api.key(api.root);
  const client = createTenantree({ url: api.url, getToken: async () => secret });
  const close = async (): Promise<void> => {
    client.close();
    await api.close();
  };
  return {
    accounts: clientSource(client),
    members: membersFrom(client),
    products: productsFrom(client),
    root: api.root as AccountId,
    caller: 'program',
    close,
  };
});
