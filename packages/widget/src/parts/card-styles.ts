import { css } from 'lit';

/** A part of a screen in its frame, and what stands in it while there is nothing to show. */
export const cardStyles = css`
  .card { display: block; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); background: var(--sam-surface); overflow: clip; }
  .state { padding: var(--sam-5); color: var(--sam-text-2); } .state h3 { margin: 0; font-family: inherit; font-weight: var(--sam-fw-strong); font-size: var(--sam-fs-16); line-height: 1.3; color: var(--sam-text); } .state p { margin: var(--sam-2) 0; }
`;
