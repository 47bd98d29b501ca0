import { define } from './define.ts';
import { SamMenu } from './parts/sam-menu.ts';
import { SamToast } from './parts/sam-toast.ts';
import { SamSubaccounts } from './screens/sam-subaccounts.ts';
import { SamTree } from './tree/sam-tree.ts';

/** Registers the elements that screens are made of. Harmless when called again, and when another bundle did it before. */
export function defineElements(): void {
  define('sam-menu', SamMenu);
  define('sam-toast', SamToast);
  define('sam-tree', SamTree);
  define('sam-subaccounts', SamSubaccounts);
}
