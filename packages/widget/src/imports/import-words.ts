import type { AccountId, JsonValue } from '@tenantree/domain';
import { schemaOf, titleOf } from '../products/schema.ts';
import type { Texts } from '../strings/texts.ts';
import type { CopyChange, ImportPlan, KindKey, ShownKind } from './imports-source.ts';

/** What all steps of an import are drawn with. */
export type Around = {
  readonly texts: Texts;
  /** Those that can be imported. */
  readonly kinds: readonly ShownKind[];
  readonly from: { readonly id: AccountId; readonly name: string };
  readonly targets: readonly { readonly id: AccountId; readonly name: string }[];
  /** Level of titles. */
  readonly level: number;
};

export const kindOf = (kinds: readonly ShownKind[], key: string): ShownKind | undefined =>
  kinds.find(({ kind }) => kind === (key as KindKey));

/** What a kind is called. */
export const kindWords = (kinds: readonly ShownKind[], key: string): string => kindOf(kinds, key)?.label ?? key;

/** What a place of a document is called. */
export function placeWords(kinds: readonly ShownKind[], key: string, place: string): string {
  const kind = kindOf(kinds, key);
  return (kind && titleOf(schemaOf(kind), place)) || place;
}

/** What places of a document are called. */
export const placesWords = (kinds: readonly ShownKind[], key: string, places: readonly string[]): string =>
  places.map((at) => placeWords(kinds, key, at)).join(', ');

/** Names of what a plan is about, by their ids at the source and in the target. */
export function namesIn({ targets }: ImportPlan): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { items, notCopied, blocked } of targets) {
    for (const { product, name } of [...notCopied, ...blocked]) if (name !== null) names.set(product, name);
    for (const { product, name, into } of items) {
      names.set(product, name);
      if (into) names.set(into.id, name);
    }
  }
  return names;
}

/** A value as it is shown: products by their names. */
export function valueWords(
  value: JsonValue | undefined,
  { say }: Texts,
  names: ReadonlyMap<string, string> = new Map(),
): string {
  const isList = Array.isArray(value) && value.every((one) => typeof one !== 'object');
  let words = isList ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
  if (value === null || words === '') return say('nothing');
  for (const [id, name] of names) words = words.replaceAll(id, () => name);
  return words;
}

/** The sides of a place that matter: what stands there now, and what is at the source. */
export const sidesOf = ({ base, source, local }: CopyChange): readonly [here: JsonValue, there: JsonValue] => [
  local ?? base,
  source,
];
