import type { CapsResult } from '@tenantree/contract';
import type { Texts } from '../strings/texts.ts';

/** What a preset makes of one account, in words. */
export function presetWords({ outcome, changes, kept }: CapsResult, { say }: Texts): string {
  const does = outcome === 'changed' ? say('presetChanges', { n: changes.length }) : say('unchanged');
  return kept.length === 0 ? does : `${does} · ${say('presetKept', { n: kept.length })}`;
}
