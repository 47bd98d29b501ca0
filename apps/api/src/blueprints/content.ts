import { createHash } from 'node:crypto';
import { findOfferedBlueprint, type OfferedBlueprint, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  type AtLimit,
  BLUEPRINT_SECTIONS,
  type BlueprintSection,
  canonicalJson,
  formatDecimal,
  type JsonValue,
  type LimitKindKey,
  limitKind,
  type PresetRef,
  type RowId,
  type SomeLevels,
  storedNanos,
} from '@tenantree/domain';
import type { ClashAnswer, Document, ProductKindKey, Variable } from '@tenantree/domain/products';
import { refuseWith } from '../hall/refused.ts';

/** What a blueprint says of a kind of limit. */
export type BlueprintTerms = {
  readonly max: number | null;
  readonly reserve?: number | undefined;
  readonly atLimit: AtLimit;
  readonly thresholds: readonly number[];
};

/** A product as it was when the version was saved. */
export type BlueprintProduct = {
  readonly product: RowId;
  readonly version: number;
  readonly kind: ProductKindKey;
  readonly name: string;
  readonly document: Document;
  /** Places where it has secrets, or waits for some. */
  readonly secrets: readonly string[];
  readonly parts: readonly string[] | null;
  /** False: another one needs it. */
  readonly chosen: boolean;
  readonly answer: ClashAnswer | null;
};

/** All that a version sets up; null: nothing of that. */
export type BlueprintContent = {
  readonly caps: { readonly preset: PresetRef | null; readonly levels: SomeLevels } | null;
  readonly limits: { readonly [Kind in LimitKindKey]?: BlueprintTerms } | null;
  readonly priceBook: {
    readonly id: RowId;
    readonly version: number;
    readonly name: string;
    readonly from: 'now' | 'nextPeriod';
  } | null;
  readonly products: readonly BlueprintProduct[] | null;
  readonly variables: readonly Variable[];
};

/** A version of a blueprint. */
export type Blueprint = Omit<OfferedBlueprint, 'content'> & {
  readonly newest: number;
  readonly content: BlueprintContent;
};

/** The content of a version, as `saveBlueprint` wrote it. */
export const contentOf = ({ content }: Pick<OfferedBlueprint, 'content'>): BlueprintContent =>
  content as BlueprintContent;

/** A blueprint that is offered in the acting account. @param version null: the newest @throws Refused NOT_FOUND, as `gone` says */
export async function blueprintAt(
  trx: TenantTransaction,
  id: RowId,
  version: number | null,
  gone = 'There is no such blueprint, or no such version of it.',
): Promise<Blueprint> {
  const found = await findOfferedBlueprint(trx, id, version);
  if (!found) return refuseWith('NOT_FOUND', gone, 'blueprint');
  return { ...found, content: contentOf(found) };
}

/** The sections that a version sets up. */
export const sectionsOf = (content: BlueprintContent): BlueprintSection[] =>
  BLUEPRINT_SECTIONS.filter((section) => content[section] !== null);

/** Terms as accounts store them. */
function stored(key: string, { max, reserve, atLimit, thresholds }: BlueprintTerms): [string, JsonValue] {
  const kind = limitKind(key as LimitKindKey);
  const text = (whole: number): string => formatDecimal(storedNanos(kind, whole));
  return [
    kind.stored,
    {
      cap: max === null ? null : text(max),
      ...(reserve !== undefined && { reserve: text(reserve) }),
      at_limit: atLimit,
      thresholds,
    },
  ];
}

/** What of a version accounts are compared with, as the database has it of them (blueprint_drift). */
export function judgedOf(content: BlueprintContent): Record<string, JsonValue> {
  const { products, variables } = content;
  return {
    ...termsIn(content),
    ...(products && {
      products: products.map(({ product, version, parts }) => ({
        product,
        version,
        parts,
        places: placesIn(product, variables),
      })),
    }),
  };
}

function termsIn({ caps, limits, priceBook }: BlueprintContent): Record<string, JsonValue> {
  return {
    ...(caps && { caps: caps.levels }),
    ...(limits && { limits: Object.fromEntries(Object.entries(limits).map(([key, terms]) => stored(key, terms))) }),
    ...(priceBook && { priceBook: { id: priceBook.id, version: priceBook.version } }),
  };
}

/** Places of a product at which variables stand that everybody may read. */
export const placesIn = (id: RowId, variables: readonly Variable[]): string[] => [
  ...new Set(
    variables
      .flatMap(({ secret, at }) => at.flatMap(({ product, place }) => (product === id && !secret ? [place] : [])))
      .toSorted(),
  ),
];

/** The hash of each section of a version: two versions that say the same of one have the same. */
export function hashesOf(content: BlueprintContent): Record<string, string> {
  const products =
    content.products &&
    content.products.map(({ product, kind, name, document, parts }) => ({ product, kind, name, document, parts }));
  const places = content.variables.map(({ key, at }) => ({ key, at })) as JsonValue[];
  return Object.fromEntries(
    Object.entries({ ...termsIn(content), ...(products && { products: [products, places] }) }).map(
      ([section, says]) => [section, digestOf(says)],
    ),
  );
}

/** A hash of anything that JSON can say. */
export const digestOf = (value: JsonValue): string =>
  createHash('sha256').update(canonicalJson(value)).digest('base64url');

/** Whether a price book of a blueprint is for an account: only who sells to it can give it one. */
export const sellsTo = (
  blueprint: Pick<Blueprint, 'account'>,
  acting: AccountId,
  { parentId }: { readonly parentId: AccountId | null },
): boolean => blueprint.account === acting && parentId === acting;
