import { cardStyles, controlStyles, formStyles, TOKENS } from '@tenantree/widget';

/**
 * What the elements have in their shadow roots, for the page itself: tokens, and buttons, fields and cards by the same names (`button
 * primary`, `row`, `field`, `card`). In a layer, so that the style sheets of the app add to it.
 */
export function pageStyles(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${TOKENS} @layer parts { ${[controlStyles, formStyles, cardStyles].join(' ')} }`);
  return sheet;
}
