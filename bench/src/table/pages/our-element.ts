import { define } from '../../../../packages/widget/src/define.ts';
import { SamMenu } from '../../../../packages/widget/src/parts/sam-menu.ts';
import { TOKENS } from '../../../../packages/widget/src/tokens/tokens.ts';
import { SamTree } from '../../../../packages/widget/src/tree/sam-tree.ts';

/** Registers the table with the menu it contains, and gives the page the design tokens. */
export function prepareElements(): void {
  define('sam-menu', SamMenu);
  define('sam-tree', SamTree);
  const style = document.createElement('style');
  style.textContent = TOKENS;
  document.head.append(style);
}
