import { html, type TemplateResult } from 'lit';

/*
 * Drawn after Lucide (ISC licence, see LICENSE-lucide.txt): 24-unit grid, 1.75 stroke, round ends.
 * One path each, so that an icon is one node. These are the icons of the list, and the one that several late parts have; those of
 * single parts come with them.
 */
export const PATHS = {
  search: 'm21 21-4.3-4.3M19 11a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z',
  plus: 'M5 12h14M12 5v14',
  close: 'M18 6 6 18M6 6l12 12',
  arrowOut: 'M15 3h6v6M10 14 21 3m-3 10v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6',
  suspended: 'M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0Zm-12 3V9m4 6V9',
  clock: 'M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0ZM12 6v6l4 2',
  closed: 'M3 4h18v5H3Zm2 5v10a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1V9m-9 4h4',
  alert: 'm21.7 18-8-14a2 2 0 0 0-3.5 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.7-3ZM12 9v4m0 4v.01',
  filter: 'M22 3H2l8 9.5V19l4 2v-8.5Z',
  sliders: 'M4 6h9m5 0h2M4 12h2m5 0h9M4 18h7m5 0h4M13 4v4M9 10v4m4 2v4',
  sortUp: 'm5 12 7-7 7 7m-7 7V5',
  sortDown: 'M12 5v14m7-7-7 7-7-7',
} as const;

type IconName = keyof typeof PATHS;

/** An icon from its path, in the colour of the text around it, decorative: what it means is said in words beside it. */
export const drawn = (path: string, size = 16): TemplateResult =>
  html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path}></path></svg>`;

export const icon = (name: IconName, size?: number): TemplateResult => drawn(PATHS[name], size);
