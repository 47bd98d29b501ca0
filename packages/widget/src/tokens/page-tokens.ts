import { css } from 'lit';
import { ELEMENT_TOKENS } from './tokens.ts';

/** Those that only the app's own pages use. */
const PAGE_TOKENS = css`:root {
  --sam-accent-active: light-dark(#063f3a, #98e5da);
  --sam-info: light-dark(#2b50a1, #9db8f5);
  --sam-info-soft: light-dark(#e6edfb, #1a2746);
  /* account context, nothing else */
  --sam-acting: light-dark(#5b2a86, #4b2474);
  --sam-on-acting: light-dark(#ffffff, #f5ecfd);
  --sam-acting-line: light-dark(#5b2a86, #b98ae6);
  --sam-acting-soft: light-dark(#f1e8f8, #2c1b3d);
  /* meters */
  --sam-meter-track: light-dark(#dde4e1, #2a3733);
  --sam-meter-fill: light-dark(#0b6860, #5ccbbc);
  --sam-meter-warn: light-dark(#b86e00, #e0a23c);
  --sam-meter-over: light-dark(#c0271e, #ff7a6e);
  /* data series 1-6, distinct for common colour-vision types, each >=3:1 on surface */
  --sam-s1: light-dark(#0b6860, #5ccbbc);
  --sam-s2: light-dark(#b86e00, #e0a23c);
  --sam-s3: light-dark(#2b50a1, #9db8f5);
  --sam-s4: light-dark(#a3346c, #f29bc4);
  --sam-s5: light-dark(#5a7a12, #b4d36a);
  --sam-s6: light-dark(#6b5b95, #bdb0e3);
  --sam-fs-26: calc(1.625 * var(--sam-rem));
  --sam-fs-34: calc(2.125 * var(--sam-rem));
  --sam-lh-tight: 1.2;
  --sam-10: calc(2.5 * var(--sam-rem));
  --sam-target: 24px;
  --sam-t-1: 80ms;
  --sam-t-2: 140ms;
  --sam-t-3: 220ms;
  --sam-t-pulse: 600ms;
  --sam-ease-in: cubic-bezier(0.3, 0, 1, 1);
  --sam-z-bar: 4;
  --sam-z-banner: 8;
}
@media (prefers-reduced-motion: reduce) {
  :root {
    --sam-t-1: 0ms;
    --sam-t-2: 0ms;
    --sam-t-3: 80ms;
    --sam-t-pulse: 0ms;
  }
}
@media (pointer: coarse) {
  :root {
    --sam-target: 44px;
  }
}
`;

/** All design tokens, for the app's page. */
export const TOKENS = ELEMENT_TOKENS.cssText + PAGE_TOKENS.cssText;
