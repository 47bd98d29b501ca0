// First of all, before lit.
import './trusted-types.ts';
// Beside the other style sheets, see elements.ts.
import '../tokens/tokens.ts';
import './subaccount-manager-styles.ts';
import { fetched } from '@tenantree/client';
import { defineElements } from '../elements.ts';
import { define } from '../parts/define.ts';
import { SubaccountManager } from './subaccount-manager.ts';
import { isRefused, release } from './trusted-types.ts';

release();
if (isRefused)
  void fetched(() => import('./refused-element.ts'), 'defineRefused').then(({ defineRefused }) => defineRefused());
else {
  defineElements();
  define('subaccount-manager', SubaccountManager);
}

// As an object of names: so what makes such objects is in this file, and in none that is loaded late.
export * as late from '../parts/late-files.ts';
export { SubaccountManager };
