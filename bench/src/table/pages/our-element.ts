import { define } from '../../../../packages/widget/src/parts/define.ts';
import { TOKENS } from '../../../../packages/widget/src/tokens/page-tokens.ts';
import { SamTree } from '../../../../packages/widget/src/tree/sam-tree.ts';

/** Registers the table, and gives the page the design tokens. Its menu comes when it is opened, as in the product. */
export function prepareElements(): void {
  define('sam-tree', SamTree);
  const style = document.createElement('style');
  style.textContent = TOKENS;
  document.head.append(style);
}
