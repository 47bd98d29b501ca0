import type { CapsResult, PresetTakers } from '@tenantree/contract';
import { permission } from '@tenantree/domain';
import type { Texts } from '../strings/texts.ts';
import { nameOf } from './names.ts';

/** Whether an account takes a preset: not where it has it already, as it is. */
export const isTaken = ({ outcome }: Pick<CapsResult, 'outcome'>): boolean =>
  outcome === 'changed' || outcome === 'taken';

/** What a preset makes of one account, in words: how many levels, and which become what. */
export function presetWords({ outcome, changes, kept }: CapsResult, texts: Texts): string {
  const { say } = texts;
  const turns = changes.map(
    ({ key, after }) => `${nameOf(permission(key), texts)}: ${say(`level_${after ?? 'none'}`)}`,
  );
  const does =
    outcome === 'changed'
      ? `${say('presetChanges', { n: changes.length })}: ${turns.join(', ')}`
      : say(outcome === 'taken' ? 'presetTaken' : 'unchanged');
  return kept.length === 0 ? does : `${does} · ${say('presetKept', { n: kept.length })}`;
}

/** How many in an account took the last version of a preset and earlier ones, and changed something since; nothing where nobody did. */
export function takersWords(versions: PresetTakers, last: number, name: string, { say }: Texts): readonly string[] {
  const told = (of: PresetTakers, words: (n: number) => string): string[] => {
    const [n, changed] = [sum(of.map(({ accounts }) => accounts)), sum(of.map((one) => one.changed))];
    return n === 0 ? [] : [words(n) + say(changed === 0 ? 'presetTakersSame' : 'presetTakersChanged', { n: changed })];
  };
  return [
    ...told(
      versions.filter(({ version }) => version === last),
      (n) => say('presetTakers', { n, name, version: last }),
    ),
    ...told(
      versions.filter(({ version }) => version !== last),
      (n) => say('presetTakersEarlier', { n, name }),
    ),
  ];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
