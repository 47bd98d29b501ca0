import { css } from 'lit';

/** The members of an account: inviting, what came of it, and the table. */
export const membersStyles = css`
  .members { display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--sam-4); }
  .card { outline: 0; } .card > p { margin: 0; padding: var(--sam-4); color: var(--sam-text-2); }
  form.card { display: flex; flex-wrap: wrap; align-items: end; gap: var(--sam-3); padding: var(--sam-4); }
  .row.email { flex: 1 1 240px; }
  .row .error { align-self: start; } details { flex: 1 0 100%; font-size: var(--sam-fs-13); color: var(--sam-text-2); } summary { cursor: pointer; inline-size: fit-content; }
  dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: var(--sam-1) var(--sam-4); margin: var(--sam-2) 0 0; } dt { font-weight: var(--sam-fw-medium); color: var(--sam-text); } dd { margin: 0; }
  .secret { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: var(--sam-2) var(--sam-3); align-items: center; padding: var(--sam-4); border-radius: var(--sam-r-2); background: var(--sam-accent-soft); }
  .secret strong { grid-column: 1 / -1; font-weight: var(--sam-fw-medium); } code { overflow-wrap: anywhere; font: var(--sam-fs-12) var(--sam-font-mono); }
`;
