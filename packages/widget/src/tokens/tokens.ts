import { css } from 'lit';

/** The design tokens of the elements (rules/screens 18): in the app they stand on its page, in the widget on its shadow root. */
export const ELEMENT_TOKENS = css`:root,
:host {
  color-scheme: light dark;
  /* surfaces */
  --sam-canvas: light-dark(#f6f8f7, #0d1412);
  --sam-surface: light-dark(#ffffff, #141d1a);
  --sam-sunken: light-dark(#eef2f0, #0a100e);
  --sam-raised: light-dark(#ffffff, #1b2622);
  --sam-hover: light-dark(#f2f6f4, #1a2521);
  --sam-selected: light-dark(#e3f1ee, #16322d);
  --sam-border: light-dark(#d8dfdc, #2a3733);
  --sam-border-strong: light-dark(#76837e, #74837d); /* control edges, >=3:1 */
  /* text */
  --sam-text: light-dark(#12201c, #e7eeeb);
  --sam-text-2: light-dark(#44524d, #aebbb6);
  --sam-text-3: light-dark(#5f6d68, #8d9b95);
  /* accent "petrol" */
  --sam-accent: light-dark(#0b6860, #5ccbbc);
  --sam-accent-hover: light-dark(#08534d, #7ad9cc);
  --sam-on-accent: light-dark(#ffffff, #04211d);
  --sam-accent-soft: light-dark(#dff1ed, #12352f);
  --sam-accent-text: light-dark(#0a5f58, #7ad9cc);
  --sam-focus: light-dark(#0b6860, #7ad9cc);
  /* status */
  --sam-warn: light-dark(#875200, #f2be66);
  --sam-warn-soft: light-dark(#fcefd3, #36280c);
  --sam-ok: light-dark(#1a6637, #82d69b);
  --sam-ok-soft: light-dark(#dff3e5, #12301d);
  --sam-danger: light-dark(#ae2119, #ff9d94);
  --sam-danger-soft: light-dark(#fbe7e5, #421a17);
  --sam-on-danger: light-dark(#ffffff, #2a0704);
  --sam-live: light-dark(#1a7a45, #6fd39a); /* what runs: calm, never amber or red */
  /* type; --sam-rem is 1rem in a page of ours and what the reader set in the browser inside somebody else's */
  --sam-rem: 1rem;
  --sam-font: inherit; /* the app sets it, the widget inherits the host */
  --sam-font-mono: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
  --sam-fs-11: calc(0.6875 * var(--sam-rem));
  --sam-fs-12: calc(0.75 * var(--sam-rem));
  --sam-fs-13: calc(0.8125 * var(--sam-rem));
  --sam-fs-14: calc(0.875 * var(--sam-rem));
  --sam-fs-16: calc(1 * var(--sam-rem));
  --sam-fs-20: calc(1.25 * var(--sam-rem));
  --sam-lh: 1.43;
  --sam-fw: 420;
  --sam-fw-medium: 540;
  --sam-fw-strong: 640;
  --sam-num: tabular-nums lining-nums;
  /* space: 4 px base */
  --sam-1: calc(0.25 * var(--sam-rem));
  --sam-2: calc(0.5 * var(--sam-rem));
  --sam-3: calc(0.75 * var(--sam-rem));
  --sam-4: calc(1 * var(--sam-rem));
  --sam-5: calc(1.25 * var(--sam-rem));
  --sam-6: calc(1.5 * var(--sam-rem));
  --sam-8: calc(2 * var(--sam-rem));
  --sam-12: calc(3 * var(--sam-rem));
  /* density */
  --sam-row: calc(2.5 * var(--sam-rem));
  --sam-row-compact: calc(2 * var(--sam-rem));
  --sam-indent: 20px;
  --sam-control: calc(2 * var(--sam-rem));
  /* shape */
  --sam-r-1: 4px;
  --sam-r-2: 6px;
  --sam-r-3: 10px;
  --sam-r-full: 999px;
  --sam-hair: 1px;
  --sam-pop: 0 1px 2px light-dark(#0e1a1614, #00000066), 0 8px 24px light-dark(#0e1a1624, #00000080); /* floating layers only */
  /* motion */
  --sam-ease: cubic-bezier(0.2, 0, 0, 1);
}
@media (pointer: coarse) {
  :root,
  :host {
    --sam-row: calc(3.25 * var(--sam-rem));
    --sam-control: calc(2.75 * var(--sam-rem));
  }
}
`;
