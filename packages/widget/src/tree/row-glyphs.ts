import { css } from 'lit';

// Parts of the glyphs, written into every rule: as custom properties they would be parsed anew for every row that comes into sight.
const STROKE = css`#0000 calc(50% - 1px), currentColor calc(50% - .55px) calc(50% + .55px), #0000 calc(50% + 1px)`;
const FALL = css`linear-gradient(to top right, ${STROKE})`;
const RISE = css`linear-gradient(to bottom right, ${STROKE})`;
const LINE = css`linear-gradient(currentColor, currentColor)`;

/**
 * The glyphs that every row shows, drawn with gradients and borders. They look like those of `icons.ts`, but an svg is a layout, a
 * clip and a transform of its own: the four of each row were a quarter of what a frame of scrolling costs.
 */
export const rowGlyphs = css`
  .toggle { background: ${FALL} 10px 7px / 5px 5px no-repeat, ${RISE} 10px 12px / 5px 5px no-repeat; }
  .toggle:dir(rtl) { background: ${RISE} 9px 7px / 5px 5px no-repeat, ${FALL} 9px 12px / 5px 5px no-repeat; }
  .row[aria-expanded='true'] .toggle { background: ${FALL} 7px 10px / 5px 5px no-repeat, ${RISE} 12px 10px / 5px 5px no-repeat; }
  .enter { flex: none; inline-size: 14px; block-size: 14px; background: ${LINE} 1px 6.4px / 8px 1.25px no-repeat, ${FALL} 5.6px 3.5px / 3.5px 3.5px no-repeat, ${RISE} 5.6px 7px / 3.5px 3.5px no-repeat, ${LINE} 8.5px 1px / 3.8px 1.25px no-repeat, ${LINE} 12px 1.6px / 1.25px 10.8px no-repeat, ${LINE} 8.5px 11.75px / 3.8px 1.25px no-repeat; }
  .enter:dir(rtl) { transform: scaleX(-1); }
  .dots { inline-size: 15px; block-size: 5px; background: radial-gradient(circle, currentColor 1.1px, #0000 1.6px) 0 0 / 5px 5px repeat-x; }
  /* Forced colours take gradients away. */
  @media (forced-colors: active) { .toggle, .enter, .dots { forced-color-adjust: none; color: CanvasText; } }
`;
