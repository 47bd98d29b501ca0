import { define } from './define.ts';
import { SamSubaccounts } from './screens/sam-subaccounts.ts';
import { SamTree } from './tree/sam-tree.ts';

/** Registers the elements that screens begin with; others register when they are first used. Harmless when called again, and when another bundle did it before. */
export function defineElements(): void {
  define('sam-tree', SamTree);
  define('sam-subaccounts', SamSubaccounts);
}
