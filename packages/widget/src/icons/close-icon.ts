import type { TemplateResult } from 'lit';
import { drawn } from './icons.ts';

/** On what can be closed, cleared or let go. */
export const closeIcon = (size?: number): TemplateResult => drawn('M18 6 6 18M6 6l12 12', size);
