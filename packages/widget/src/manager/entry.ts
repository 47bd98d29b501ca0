// First of all, before lit.
import './trusted-types.ts';
// Beside the other style sheets, see elements.ts.
import './manager-styles.ts';
import { defineElements } from '../elements.ts';
import { define } from '../parts/define.ts';
import { RefusedElement } from './refused-element.ts';
import { SubaccountManager } from './subaccount-manager.ts';
import { isRefused, release } from './trusted-types.ts';

release();
if (isRefused) define('subaccount-manager', RefusedElement);
else {
  defineElements();
  define('subaccount-manager', SubaccountManager);
}

export { SubaccountManager };
