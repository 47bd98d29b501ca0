import type { Level } from '@tenantree/domain';
import { html, svg, type TemplateResult } from 'lit';
import type { Texts } from '../strings/texts.ts';

const HALF = svg`<path d="M6 1a5 5 0 0 0 0 10Z" fill="currentColor"></path>`;
const ALL = svg`<circle cx="6" cy="6" r="5" fill="currentColor"></circle>`;
const FILLS = { none: svg``, read: HALF, limited: HALF, full: ALL } as const;

/** A level in its sign and its word: no colour says more. */
export const level = (one: Level, { say }: Texts): TemplateResult =>
  html`<svg class="level" width="10" height="10" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="5" fill="none" stroke="currentColor" stroke-width="1.5"></circle>${FILLS[one]}</svg><span>${say(`level_${one}`)}</span>`;

/** From one level to another; only the level where both are the same. */
export const turn = (before: Level, after: Level, texts: Texts): TemplateResult =>
  before === after
    ? html`<span class="at">${level(after, texts)}</span>`
    : html`<del class="at">${level(before, texts)}</del><span aria-hidden="true">→</span><ins class="at">${level(after, texts)}</ins>`;
