import type { Product, ShownBlueprint } from '@tenantree/contract';
import {
  isRecord,
  type Level,
  LIMIT_KINDS,
  type LimitKindKey,
  type PermissionKey,
  type RowId,
  USUAL_THRESHOLDS,
} from '@tenantree/domain';
import type { ClashAnswer, VariableType } from '@tenantree/domain/products';
import type { tenantree } from '../server.ts';

type Wish = Parameters<(typeof tenantree.trpc)['blueprints']['save']['mutate']>[0];
type Place = { readonly product: RowId; readonly place: string };

/** What is written of the limit of a kind; empty: unlimited, and what is kept stays as it is. */
export type LimitDraft = {
  readonly kind: LimitKindKey;
  readonly label: string;
  readonly isSet: boolean;
  readonly max: string;
  readonly reserve: string;
  readonly atLimit: 'block' | 'notify';
  /** Percents of the maximum, as somebody writes them; of what is unlimited there are none. */
  readonly thresholds: string;
};

export type ProductDraft = {
  readonly product: RowId;
  readonly kind: ShownKindKey;
  readonly name: string;
  readonly version: number;
  readonly parts: readonly string[] | null;
  readonly answer: ClashAnswer | '';
};
type ShownKindKey = NonNullable<ShownBlueprint['products']>[number]['kind'];

export type VariableDraft = {
  readonly key: string;
  readonly label: string;
  readonly type: VariableType;
  readonly required: boolean;
  readonly secret: boolean;
  readonly at: readonly Place[];
};

/** What is written of a version. */
export type BlueprintDraft = {
  /** Of a new one; null: it is called something already. */
  readonly name: string | null;
  readonly caps: 'none' | 'preset' | 'levels';
  readonly preset: string;
  readonly levels: Readonly<Partial<Record<PermissionKey, Level>>>;
  readonly limits: readonly LimitDraft[];
  /** Empty: none. */
  readonly book: string;
  readonly from: 'now' | 'nextPeriod';
  readonly products: readonly ProductDraft[];
  readonly variables: readonly VariableDraft[];
};

/** A version to be written on: as it is, or empty. A preset that is offered no more is there with its levels. */
export function draftOf(shown: ShownBlueprint | null, presets: readonly { readonly id: RowId }[]): BlueprintDraft {
  const caps = shown?.caps ?? null;
  const preset = presets.some(({ id }) => id === caps?.preset?.id) ? (caps?.preset?.id ?? '') : '';
  return {
    name: shown ? null : '',
    caps: caps === null ? 'none' : preset === '' ? 'levels' : 'preset',
    preset,
    levels: caps?.levels ?? {},
    limits: LIMIT_KINDS.map(({ key, label }): LimitDraft => {
      const terms = shown?.limits?.[key];
      return {
        kind: key,
        label,
        isSet: terms !== undefined,
        max: terms?.max?.toString() ?? '',
        reserve: terms?.reserve?.toString() ?? '',
        atLimit: terms?.atLimit ?? 'block',
        thresholds: ((terms?.max ?? null) === null ? USUAL_THRESHOLDS : (terms?.thresholds ?? [])).join(', '),
      };
    }),
    book: shown?.priceBook?.book ?? '',
    from: shown?.priceBook?.from ?? 'nextPeriod',
    products: (shown?.products ?? []).flatMap(({ chosen, answer, ...one }) =>
      chosen ? [{ ...one, answer: answer ?? '' }] : [],
    ),
    variables: (shown?.variables ?? []).map((one) => ({
      ...one,
      at: (shown?.places ?? []).flatMap(({ key, product, place }) => (key === one.key ? [{ product, place }] : [])),
    })),
  };
}

/** The percents in a text, which a field lets through only where it has nothing else. */
const percentsIn = (text: string): number[] =>
  text
    .split(/[\s,;%]+/)
    .filter(Boolean)
    .map(Number);

function limitsOf(limits: readonly LimitDraft[]): Wish['limits'] {
  const set = limits.filter(({ isSet }) => isSet);
  if (set.length === 0) return undefined;
  return Object.fromEntries(
    set.map(({ kind, max, reserve, atLimit, thresholds }) => [
      kind,
      {
        max: max.trim() === '' ? null : Number(max),
        ...(reserve.trim() !== '' && { reserve: Number(reserve) }),
        atLimit,
        // Those of a maximum say nothing of what is unlimited.
        ...(max.trim() !== '' && { thresholds: percentsIn(thresholds) }),
      },
    ]),
  );
}

/** What is sent of a draft. */
export function contentOf(
  draft: BlueprintDraft,
): Pick<Wish, 'name' | 'caps' | 'limits' | 'priceBook' | 'products' | 'variables'> {
  const { name, caps, preset, levels, book, from, products, variables } = draft;
  const limits = limitsOf(draft.limits);
  return {
    ...(name !== null && { name }),
    ...(caps === 'preset' && { caps: { preset: { id: preset } } }),
    ...(caps === 'levels' && { caps: { levels } }),
    ...(limits && { limits }),
    ...(book !== '' && { priceBook: { book, from } }),
    ...(products.length > 0 && {
      products: products.map(({ product, parts, answer }) => ({
        product,
        ...(parts && { parts: [...parts] }),
        ...(answer !== '' && { answer }),
      })),
    }),
    variables: variables.map(({ at, ...one }) => ({ ...one, at: [...at] })),
  };
}

const NAMED = /\{\{([A-Za-z]\w{0,63})\}\}/g;
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Where texts of products name something in braces, and where they have a secret: what a blueprint can ask for. */
export type Found = { readonly texts: ReadonlyMap<string, readonly Place[]>; readonly secrets: readonly Place[] };

/** Looks for what a blueprint can ask for, in documents as they are read. */
export function findVariables(products: readonly Pick<Product, 'id' | 'document' | 'refs'>[]): Found {
  const found = new Map<string, Place[]>();
  const secrets: Place[] = [];
  for (const { id, document, refs } of products) {
    const taken = new Set(refs.map(({ at }) => at));
    walk(document, '', (place, value) => {
      if (typeof value !== 'string') {
        secrets.push({ product: id, place });
        return;
      }
      if (taken.has(place)) return;
      for (const key of new Set([...value.matchAll(NAMED)].map(([, name = '']) => name)))
        found.set(key, [...(found.get(key) ?? []), { product: id, place }]);
    });
  }
  return { texts: found, secrets };
}

/** Every text and every secret of a document, with its JSON pointer: entries by their ids, where they have one. */
function walk(value: unknown, place: string, meet: (place: string, value: unknown) => void): void {
  if (typeof value === 'string') meet(place, value);
  else if (Array.isArray(value))
    for (const [n, entry] of value.entries()) {
      const id: unknown = isRecord(entry) ? entry['id'] : undefined;
      walk(entry, `${place}/${escaped(typeof id === 'string' ? id : String(n))}`, meet);
    }
  else if (isRecord(value)) {
    if (value['set'] === true && Object.keys(value).every((key) => key === 'set' || key === 'last4'))
      meet(place, value);
    else for (const [name, inner] of Object.entries(value)) walk(inner, `${place}/${escaped(name)}`, meet);
  }
}

/**
 * What is written with other products: what is left out asks for nothing any more. A variable of texts stays, as others may name it; that of a
 * secret goes with it.
 */
export function withProducts(draft: BlueprintDraft, products: readonly ProductDraft[]): BlueprintDraft {
  const kept = new Set(products.map(({ product }) => product));
  const left = new Set(draft.products.flatMap(({ product }) => (kept.has(product) ? [] : product)));
  const variables = draft.variables
    .map((one) => ({ ...one, at: one.at.filter(({ product }) => !left.has(product)) }))
    .filter(({ secret, at }) => !secret || at.length > 0);
  return { ...draft, products, variables };
}

/** A draft in which each variable stands where it was found; what is not known to be anywhere else stays where it was. */
export function placed(
  variables: readonly VariableDraft[],
  { texts }: Found,
  read: ReadonlySet<RowId>,
): VariableDraft[] {
  return variables.map((one) =>
    one.secret
      ? one
      : { ...one, at: [...one.at.filter(({ product }) => !read.has(product)), ...(texts.get(one.key) ?? [])] },
  );
}
