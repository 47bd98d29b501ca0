import { html, type TemplateResult } from 'lit';

/** An icon from its path (icons.ts), in the colour of the text around it, decorative: what it means is said in words beside it. */
export const icon = (path: string, size = 16): TemplateResult =>
  html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path}></path></svg>`;
