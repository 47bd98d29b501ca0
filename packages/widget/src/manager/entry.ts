// Beside the other style sheets, see elements.ts.
import './frame-styles.ts';
import { define } from '../define.ts';
import { defineElements } from '../elements.ts';
import { SubaccountManager } from './subaccount-manager.ts';

defineElements();
define('subaccount-manager', SubaccountManager);

export { SubaccountManager };
