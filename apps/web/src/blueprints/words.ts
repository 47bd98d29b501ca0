import type { BlueprintDrift, ShownBlueprint, ShownKind } from '@tenantree/contract';
import {
  type BlueprintSection,
  type DriftState,
  isRecord,
  type JsonValue,
  type Level,
  type SectionMode,
  type SetUpState,
} from '@tenantree/domain';
import { texts } from '../texts.ts';

export const SECTIONS: Readonly<Record<BlueprintSection, string>> = {
  caps: 'Permissions',
  limits: 'Limits',
  priceBook: 'Price book',
  products: 'Products',
};

export const DRIFTS: Readonly<Record<DriftState, string>> = {
  as_set_up: 'As set up',
  changed_here: 'Changed here',
  newer_available: 'Newer available',
  both: 'Both',
  same_by_hand: 'Same by hand',
};

export const SET_UP: Readonly<Record<SetUpState, string>> = {
  set_up: 'Set up',
  being_set_up: 'Being set up',
  incomplete: 'Incomplete',
};

export const LEVELS: Readonly<Record<Level, string>> = { none: 'None', read: 'Read', limited: 'Limited', full: 'Full' };

export const MODES: Readonly<Record<SectionMode, string>> = {
  replace: 'Replace what there is',
  lower: 'Only lower it',
  keepLocal: 'Keep what was set there',
};

export const ANSWERS = {
  keep_both: 'Keep both',
  replace: 'Replace',
  use_existing: 'Use existing',
  skip: 'Leave out',
} as const;

/** So many accounts, in words. */
export const accountsWords = (count: number): string =>
  count === 1 ? '1 account' : `${texts.numbers.whole(count)} accounts`;

/** How accounts stand to a blueprint, in one line: what none is isn't named. */
export const countsWords = (counts: BlueprintDrift['counts']): string =>
  (Object.keys(DRIFTS) as readonly DriftState[])
    .flatMap((state) => {
      const count = counts[state];
      return count === 0 ? [] : [`${texts.numbers.whole(count)} ${DRIFTS[state].toLowerCase()}`];
    })
    .join(', ');

/** What is said, one behind the other. */
export const inLine = (words: readonly (string | boolean | null)[]): string =>
  words.filter((word) => typeof word === 'string' && word !== '').join(' · ');

type LimitTerms = NonNullable<NonNullable<ShownBlueprint['limits']>['agents']>;

/** What is said of a kind of limit. */
export function limitWords(terms: JsonValue | LimitTerms, what: 'maximum' | 'all'): string {
  const { max, reserve, atLimit, thresholds } = isRecord(terms) ? terms : {};
  const { whole } = texts.numbers;
  const most = typeof max === 'number' ? whole(max) : 'Unlimited';
  if (what === 'maximum') return most;
  return inLine([
    most,
    typeof reserve === 'number' && `${whole(reserve)} kept`,
    atLimit === 'notify' && 'only says so',
    Array.isArray(thresholds) && thresholds.length > 0 && `says so at ${thresholds.join(', ')} %`,
  ]);
}

/** The parts of a kind, and what each is called. */
export function partsOf(kind: ShownKind | undefined): readonly { readonly key: string; readonly title: string }[] {
  const fields = kind?.schema['properties'];
  return Object.keys(kind?.rows.parts ?? {}).map((key) => {
    const field = isRecord(fields) ? fields[key] : null;
    return { key, title: isRecord(field) && typeof field['title'] === 'string' ? field['title'] : key };
  });
}

/** The permission that writing and applying blueprints takes in full, as people know it. */
export const MANAGING = 'Account & Settings → Subaccounts';
