// The package @tenantree/client.
import { join } from 'node:path';
import { procedureAt } from '../../packages/contract/src/index.ts';
import { root } from '../launch.mjs';
import { pack } from './pack.ts';
import { routerTypes } from './router-types.ts';

const ROUTER = join(root, 'packages/client/src/app-router.ts');

await pack({
  workspace: 'packages/client',
  entries: { index: 'src/package.ts' },
  peers: ['@trpc/client', '@trpc/server'],
  written: new Map([[ROUTER, (program) => routerTypes(program, ROUTER, (path) => procedureAt(path).says)]]),
});
