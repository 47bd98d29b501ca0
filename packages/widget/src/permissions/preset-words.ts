import type { CapsResult } from '@tenantree/contract';
import { permission } from '@tenantree/domain';
import type { Texts } from '../strings/texts.ts';
import { nameOf } from './names.ts';

/** What a preset makes of one account, in words: how many levels, and which become what. */
export function presetWords({ outcome, changes, kept }: CapsResult, texts: Texts): string {
  const { say } = texts;
  const turns = changes.map(
    ({ key, after }) => `${nameOf(permission(key), texts)}: ${say(`level_${after ?? 'none'}`)}`,
  );
  const does =
    outcome === 'changed' ? `${say('presetChanges', { n: changes.length })}: ${turns.join(', ')}` : say('unchanged');
  return kept.length === 0 ? does : `${does} · ${say('presetKept', { n: kept.length })}`;
}
