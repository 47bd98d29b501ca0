import { randomUUID } from 'node:crypto';
import { createTenantree } from '@tenantree/client';
import { type AccountId, instantOf } from '@tenantree/domain';
import { deploy } from '../../../apps/api/test/support/deployment.ts';
import { jobsEnded } from '../../../apps/api/test/support/jobs.ts';
import { importsFrom } from '../src/imports/imports-source.ts';
import { clientSource } from '../src/index.ts';
import { productsFrom } from '../src/products.ts';
import { membersFrom } from '../src/rooms.ts';
import { usageFrom } from '../src/usage/usage-source.ts';
import { describeSource } from './source-contract.ts';

describeSource('a server', 'live', async () => {
  const api = await deploy();
  const { secret } = await api.key(api.root);
  const client = createTenantree({ url: api.url, getToken: async () => secret });
  const close = async (): Promise<void> => {
    client.close();
    await api.close();
  };
  const products = productsFrom(client);
  return {
    accounts: clientSource(client),
    members: membersFrom(client),
    products,
    imports: importsFrom(client, products),
    usage: usageFrom(client),
    use: (account, quantity, at) => {
      const event = { meter: 'call.minutes', quantity, occurredAt: instantOf(at), idempotencyKey: randomUUID() };
      return api.owner.usage.record.mutate({ account, events: [event] });
    },
    settle: () => jobsEnded(api.database),
    setUp: async (parent, name) => {
      const limits = { agents: { max: 5 } };
      const blueprint = await api.owner.blueprints.save.mutate({ account: parent, name, limits });
      const wish = { account: parent, name: `Set up by ${name}`, blueprint };
      return (await api.owner.accounts.create.mutate(wish)).account.id;
    },
    drift: (account) => api.owner.limits.set.mutate({ account, limits: [{ kind: 'agents', max: 6 }] }),
    root: api.root as AccountId,
    caller: 'program',
    close,
  };
});
