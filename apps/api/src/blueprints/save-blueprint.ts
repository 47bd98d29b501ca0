import type { BlueprintToSave } from '@tenantree/contract';
import {
  deleteBlueprint,
  findBook,
  findOfferedPreset,
  findOwnBlueprint,
  insertBlueprintVersion,
  isBlueprintNamed,
  type TenantTransaction,
  writeBlueprint,
} from '@tenantree/db';
import {
  decideLevels,
  type LimitKindKey,
  limitKind,
  type ParsedName,
  parseName,
  type RowId,
  storedNanos,
  USUAL_THRESHOLDS,
  utf8Bytes,
} from '@tenantree/domain';
import { decideVariables, productKind, resolve } from '@tenantree/domain/products';
import type { Access } from '../guard/admit.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import { decideDefault } from '../limits/set-limits.ts';
import { readSource } from '../products/imports/plan-import.ts';
import {
  type BlueprintContent,
  type BlueprintProduct,
  type BlueprintTerms,
  hashesOf,
  judgedOf,
  sectionsOf,
} from './content.ts';

/** Most bytes of a version, as JSON in UTF-8 (2 MB), and most products with all that they need. */
const MOST_BYTES = 2_097_152;
const MOST_PRODUCTS = 200;
/** Faults that one refusal tells. */
const MOST_FAULTS = 50;

type Call = { readonly hall: Hall; readonly caller: Caller; readonly access: Access };

/**
 * Saves a blueprint of the acting account, or its next version, by whoever may write all that it names (rules/blueprints 1, 2).
 *
 * @throws Refused
 */
export function saveBlueprint(
  { hall, caller, access }: Call,
  wish: BlueprintToSave,
): Promise<{ readonly id: RowId; readonly version: number }> {
  const wished = wish.name === undefined ? null : granted(parseName(wish.name));
  return hall.change(caller, { root: access.root, acting: access.id }, async ({ trx, now, happened }) => {
    const before = wish.blueprint === undefined ? null : await ownBlueprint(trx, access, wish.blueprint);
    if (before && before.version !== wish.expectedVersion)
      refuseWith(
        'VERSION_CONFLICT',
        `“${before.name}” is at version ${before.version} by now: look at it, and save again.`,
        'expectedVersion',
      );
    const content = await contentFor(trx, access, wish);
    const id = before?.id ?? hall.newId();
    const { actor } = caller;
    const name = wished?.name ?? before?.name ?? refuseWith('BAD_REQUEST', 'Say what it is called.', 'name');
    if (wished) await nameIt(trx, access, id, wished);
    const version = (before?.version ?? 0) + 1;
    const by = { id: actor.id, name: actor.name };
    const kept = { account: access.id, id, version, content, by, at: now };
    await insertBlueprintVersion(trx, { ...kept, judged: judgedOf(content), hashes: hashesOf(content) });
    happened('blueprint.saved', access.id, { blueprint: name, version }, { id, name });
    return { id, version };
  });
}

/** Calls a blueprint of the acting account something else. @throws Refused NOT_FOUND, NAME_INVALID, NAME_TAKEN */
export async function renameBlueprint(
  { hall, caller, access }: Call,
  { blueprint, name: wished }: { readonly blueprint: RowId; readonly name: string },
): Promise<void> {
  const name = granted(parseName(wished));
  await hall.change(caller, { root: access.root, acting: access.id }, async ({ trx, happened }) => {
    const before = await ownBlueprint(trx, access, blueprint);
    await nameIt(trx, access, blueprint, name);
    if (before.name === name.name) return;
    const target = { id: blueprint, name: name.name };
    happened('blueprint.renamed', access.id, { before: before.name, after: name.name }, target);
  });
}

/** Removes a blueprint of the acting account: accounts keep what it set up. @throws Refused NOT_FOUND */
export async function removeBlueprint({ hall, caller, access }: Call, blueprint: RowId): Promise<void> {
  await hall.change(caller, { root: access.root, acting: access.id }, async ({ trx, happened }) => {
    const { name } = await ownBlueprint(trx, access, blueprint);
    await deleteBlueprint(trx, access.id, blueprint);
    happened('blueprint.removed', access.id, { blueprint: name }, { id: blueprint, name });
  });
}

async function ownBlueprint(trx: TenantTransaction, { id }: Pick<Access, 'id'>, blueprint: RowId) {
  const found = await findOwnBlueprint(trx, id, blueprint);
  return found ?? refuseWith('NOT_FOUND', 'There is no such blueprint of this account.', 'blueprint');
}

async function nameIt(trx: TenantTransaction, { id: account }: Access, id: RowId, { name, key }: ParsedName) {
  if (await isBlueprintNamed(trx, { account, id, nameKey: key }))
    refuseWith('NAME_TAKEN', `There is a blueprint “${name}” already.`, 'name');
  await writeBlueprint(trx, { account, id, name, nameKey: key });
}

async function contentFor(trx: TenantTransaction, access: Access, wish: BlueprintToSave): Promise<BlueprintContent> {
  const products = wish.products ? await productsFor(trx, access, wish.products) : null;
  const varied = new Map(
    (products ?? []).map(({ product, kind, document }) => [product, { kind: productKind(kind), document }]),
  );
  const content: BlueprintContent = {
    caps: wish.caps ? await capsFor(trx, wish.caps) : null,
    limits: wish.limits ? limitsFor(wish.limits) : null,
    priceBook: wish.priceBook ? await bookFor(trx, access, wish.priceBook) : null,
    products,
    variables: granted(decideVariables(wish.variables, varied)),
  };
  if (sectionsOf(content).length === 0)
    refuseWith('BLUEPRINT_INVALID', 'A blueprint sets something up: name caps, limits, a price book or products.');
  const bytes = utf8Bytes(JSON.stringify(content));
  if (bytes > MOST_BYTES)
    refuseWith(
      'BLUEPRINT_INVALID',
      `A blueprint has at most ${MOST_BYTES / 1_024} kB with its documents; this has ${Math.ceil(bytes / 1_024)}.`,
      'products',
    );
  return content;
}

async function capsFor(
  trx: TenantTransaction,
  { preset: named, levels: own = {} }: NonNullable<BlueprintToSave['caps']>,
): Promise<NonNullable<BlueprintContent['caps']>> {
  const preset = named
    ? ((await findOfferedPreset(trx, named.id, named.version ?? null)) ??
      refuseWith('NOT_FOUND', 'There is no such preset, or no such version of it.', 'caps.preset'))
    : null;
  const levels = { ...preset?.levels, ...granted(decideLevels(own, 'caps.levels')) };
  if (Object.keys(levels).length === 0) refuseWith('BLUEPRINT_INVALID', 'Name a preset, or levels.', 'caps');
  const isPreset = preset !== null && Object.keys(own).length === 0;
  return { preset: isPreset ? { id: preset.id, version: preset.version } : null, levels };
}

function limitsFor(wished: NonNullable<BlueprintToSave['limits']>): NonNullable<BlueprintContent['limits']> {
  const entries = Object.entries(wished).map(([key, { max, reserve, atLimit, thresholds: asked }]) => {
    const kind = limitKind(key as LimitKindKey);
    const thresholds = asked ?? (max === null ? [] : USUAL_THRESHOLDS);
    const cap = max === null ? null : storedNanos(kind, max);
    const decision = decideDefault(kind, { cap, atLimit, thresholds });
    if (!decision.ok) {
      const { refusal } = decision;
      throw new Refused({ ...refusal, field: ['limits', key, ...(refusal.field?.split('.') ?? [])].join('.') });
    }
    const terms: BlueprintTerms = { max, ...(reserve !== undefined && { reserve }), atLimit, thresholds };
    return [key, terms] as const;
  });
  if (entries.length === 0) refuseWith('BLUEPRINT_INVALID', 'Name kinds of limits.', 'limits');
  return Object.fromEntries(entries);
}

async function bookFor(
  trx: TenantTransaction,
  access: Access,
  { book, version, from }: NonNullable<BlueprintToSave['priceBook']>,
): Promise<NonNullable<BlueprintContent['priceBook']>> {
  if (access.levels.billing !== 'full')
    refuseWith('FORBIDDEN', `A price book takes Billing: full in “${access.name}”.`, 'priceBook');
  const found =
    (await findBook(trx, access.id, book, version ?? null)) ??
    refuseWith('NOT_FOUND', 'There is no such price book, or no such version of it.', 'priceBook.book');
  return { id: found.id, version: found.version, name: found.name, from };
}

const NOWHERE = { links: new Map(), names: new Map(), singles: new Map(), secrets: new Map() };

/** Products as they are now, with all that they need. @throws Refused BLUEPRINT_INVALID of what can't be set up */
async function productsFor(
  trx: TenantTransaction,
  access: Access,
  wished: NonNullable<BlueprintToSave['products']>,
): Promise<BlueprintProduct[]> {
  const source = await readSource(trx, access, { products: wished });
  const chosen = [...new Set(wished.map(({ product }) => product))];
  const stays = chosen.flatMap((id) => {
    const { kind = 'agent', name = '' } = source.rows.get(id) ?? {};
    const { fromParent, plural } = productKind(kind);
    const message = `“${name}” can’t be set up by a blueprint: ${plural.toLowerCase()} are no part of one.`;
    return fromParent === 'copy' ? [] : [{ at: `/${id}`, message }];
  });
  const { components, blocked } = resolve({ chosen, source: source.items, target: NOWHERE, answerTo: () => undefined });
  const faults = [
    ...stays,
    ...blocked.map(({ id, name, why }) => ({ at: `/${id}`, message: `“${name ?? 'What is gone'}” ${BLOCKED[why]}.` })),
  ];
  const [first] = faults;
  if (first)
    throw new Refused({
      code: 'BLUEPRINT_INVALID',
      message: first.message,
      field: 'products',
      faults: faults.slice(0, MOST_FAULTS),
    });
  const all = components.flat();
  if (all.length > MOST_PRODUCTS)
    refuseWith(
      'BLUEPRINT_INVALID',
      `These are ${all.length} products with all that they need; ${MOST_PRODUCTS} are the most.`,
      'products',
    );
  const answers = new Map(wished.map(({ product, answer }) => [product, answer ?? null]));
  return all.flatMap(({ id }): BlueprintProduct[] => {
    const row = source.rows.get(id);
    if (!row) return [];
    const { kind, name, version, document } = row;
    const secrets = source.items.get(id)?.secrets ?? [];
    const parts = source.partsOf(id);
    return [
      {
        product: id,
        version,
        kind,
        name,
        document,
        secrets,
        parts,
        chosen: answers.has(id),
        answer: answers.get(id) ?? null,
      },
    ];
  });
}

const BLOCKED = {
  missing: 'needs something that is gone',
  never: 'needs something that is never copied',
  hidden: 'is, or needs, something that you may not see',
  forbidden: 'is, or needs, something that you may not write',
  skipped: 'needs something that is left out',
  blocked: 'needs something that can’t be set up',
} as const;
