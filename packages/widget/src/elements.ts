// All style sheets one after the other: gzip looks 32 kB back, and so finds in each what the others said already (1.3 kB).
import './tree/tree-styles.ts';
import './subaccounts/subaccounts-styles.ts';
import './parts/control-styles.ts';
import { define } from './parts/define.ts';
import { SamSubaccounts } from './subaccounts/sam-subaccounts.ts';
import { SamTree } from './tree/sam-tree.ts';

/** Registers the elements that screens begin with; others register when they are first used. Harmless when called again, and when another bundle did it before. */
export function defineElements(): void {
  define('sam-tree', SamTree);
  define('sam-subaccounts', SamSubaccounts);
}
