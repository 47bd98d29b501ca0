/**
 * The design tokens (ux.md 7.1), one text for the app's page and the widget's shadow root. `tokens.css` is the same text as a
 * file; a test keeps them equal.
 */
export const TOKENS = `:root, :host {
  color-scheme: light dark;
  /* surfaces */
  --sam-canvas:  light-dark(#F6F8F7, #0D1412);  --sam-surface: light-dark(#FFFFFF, #141D1A);
  --sam-sunken:  light-dark(#EEF2F0, #0A100E);  --sam-raised:  light-dark(#FFFFFF, #1B2622);
  --sam-hover:   light-dark(#F2F6F4, #1A2521);  --sam-selected:light-dark(#E3F1EE, #16322D);
  --sam-border:  light-dark(#D8DFDC, #2A3733);  --sam-border-strong: light-dark(#76837E, #74837D); /* control edges, >=3:1 */
  /* text */
  --sam-text: light-dark(#12201C, #E7EEEB);  --sam-text-2: light-dark(#44524D, #AEBBB6);  --sam-text-3: light-dark(#5F6D68, #8D9B95);
  /* accent "petrol" */
  --sam-accent: light-dark(#0B6860, #5CCBBC);  --sam-accent-hover: light-dark(#08534D, #7AD9CC);  --sam-accent-active: light-dark(#063F3A, #98E5DA);
  --sam-on-accent: light-dark(#FFFFFF, #04211D);  --sam-accent-soft: light-dark(#DFF1ED, #12352F);  --sam-accent-text: light-dark(#0A5F58, #7AD9CC);
  --sam-focus: light-dark(#0B6860, #7AD9CC);
  /* status */
  --sam-info: light-dark(#2B50A1, #9DB8F5);    --sam-info-soft: light-dark(#E6EDFB, #1A2746);
  --sam-warn: light-dark(#875200, #F2BE66);    --sam-warn-soft: light-dark(#FCEFD3, #36280C);
  --sam-ok:   light-dark(#1A6637, #82D69B);    --sam-ok-soft:   light-dark(#DFF3E5, #12301D);
  --sam-danger: light-dark(#AE2119, #FF9D94);  --sam-danger-soft: light-dark(#FBE7E5, #421A17);  --sam-on-danger: light-dark(#FFFFFF, #2A0704);
  --sam-live: light-dark(#C2410C, #FF9B66);    /* the pulse, nothing else */
  --sam-acting: light-dark(#5B2A86, #4B2474);  --sam-on-acting: light-dark(#FFFFFF, #F5ECFD);  --sam-acting-line: light-dark(#5B2A86, #B98AE6);  --sam-acting-soft: light-dark(#F1E8F8, #2C1B3D); /* account context, nothing else */
  /* meters */
  --sam-meter-track: light-dark(#DDE4E1, #2A3733);  --sam-meter-fill: light-dark(#0B6860, #5CCBBC);
  --sam-meter-warn: light-dark(#B86E00, #E0A23C);   --sam-meter-over: light-dark(#C0271E, #FF7A6E);
  /* data series 1-6, distinct for common colour-vision types, each >=3:1 on surface */
  --sam-s1: light-dark(#0B6860, #5CCBBC); --sam-s2: light-dark(#B86E00, #E0A23C); --sam-s3: light-dark(#2B50A1, #9DB8F5);
  --sam-s4: light-dark(#A3346C, #F29BC4); --sam-s5: light-dark(#5A7A12, #B4D36A); --sam-s6: light-dark(#6B5B95, #BDB0E3);
  /* type; --sam-rem is 1rem in a page of ours and what the reader set in the browser inside somebody else's */
  --sam-rem: 1rem;
  --sam-font: inherit; /* the app sets it, the widget inherits the host */
  --sam-font-mono: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
  --sam-fs-11: calc(.6875 * var(--sam-rem)); --sam-fs-12: calc(.75 * var(--sam-rem)); --sam-fs-13: calc(.8125 * var(--sam-rem)); --sam-fs-14: calc(.875 * var(--sam-rem)); --sam-fs-16: calc(1 * var(--sam-rem)); --sam-fs-20: calc(1.25 * var(--sam-rem)); --sam-fs-26: calc(1.625 * var(--sam-rem)); --sam-fs-34: calc(2.125 * var(--sam-rem));
  --sam-lh-tight: 1.2; --sam-lh: 1.43; --sam-fw: 420; --sam-fw-medium: 540; --sam-fw-strong: 640; --sam-num: tabular-nums lining-nums;
  /* space: 4 px base */
  --sam-1: calc(.25 * var(--sam-rem)); --sam-2: calc(.5 * var(--sam-rem)); --sam-3: calc(.75 * var(--sam-rem)); --sam-4: calc(1 * var(--sam-rem)); --sam-5: calc(1.25 * var(--sam-rem)); --sam-6: calc(1.5 * var(--sam-rem)); --sam-8: calc(2 * var(--sam-rem)); --sam-10: calc(2.5 * var(--sam-rem)); --sam-12: calc(3 * var(--sam-rem));
  /* density */
  --sam-row: 40px; --sam-row-compact: 32px; --sam-row-touch: 52px; --sam-indent: 20px; --sam-control: 32px; --sam-control-touch: 44px; --sam-target: 24px;
  /* shape */
  --sam-r-1: 4px; --sam-r-2: 6px; --sam-r-3: 10px; --sam-r-full: 999px; --sam-hair: 1px;
  --sam-shade-1: light-dark(#0E1A1614, #00000066); --sam-shade-2: light-dark(#0E1A1624, #00000080); --sam-pop: 0 1px 2px var(--sam-shade-1), 0 8px 24px var(--sam-shade-2); /* floating layers only */
  --sam-ring: 0 0 0 2px var(--sam-surface), 0 0 0 4px var(--sam-focus);
  /* motion */
  --sam-t-1: 80ms; --sam-t-2: 140ms; --sam-t-3: 220ms; --sam-t-pulse: 600ms;
  --sam-ease: cubic-bezier(.2, 0, 0, 1); --sam-ease-in: cubic-bezier(.3, 0, 1, 1);
  /* layers */
  --sam-z-sticky: 2; --sam-z-bar: 4; --sam-z-banner: 8;
}
@media (prefers-reduced-motion: reduce) { :root, :host { --sam-t-1: 0ms; --sam-t-2: 0ms; --sam-t-3: 80ms; --sam-t-pulse: 0ms; } }
@media (pointer: coarse) { :root, :host { --sam-row: var(--sam-row-touch); --sam-control: var(--sam-control-touch); --sam-target: 44px; } }
/* a reseller sets only --sam-accent; the rest derives (written in @supports, tokens above are the fallback) */
@supports (color: oklch(from red l c h)) { :host([brand]) {
  --sam-accent-hover: oklch(from var(--sam-accent) calc(l - .06) c h); --sam-accent-soft: light-dark(oklch(from var(--sam-accent) .95 calc(c * .25) h), oklch(from var(--sam-accent) .30 calc(c * .5) h));
  --sam-accent-text: light-dark(oklch(from var(--sam-accent) min(l, .45) c h), oklch(from var(--sam-accent) max(l, .80) c h)); --sam-focus: var(--sam-accent-text); } }
`;
