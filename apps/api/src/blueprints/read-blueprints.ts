import type {
  AppliedBlueprint,
  BlueprintDocument,
  BlueprintDrift,
  OfferedBlueprint as Shown,
  ShownBlueprint,
} from '@tenantree/contract';
import {
  countDrift,
  type DriftOf,
  findOfferedBlueprint,
  listDrift,
  type OfferedBlueprint,
  readApplications,
  readBlueprintVersions,
  readDriftOf,
  readOfferedBlueprints,
} from '@tenantree/db';
import {
  ACCOUNT_ABOVE,
  type AccountId,
  DRIFT_STATES,
  type DriftState,
  permission,
  type RowId,
  type SetUpState,
} from '@tenantree/domain';
import { productKind, shownDocument } from '@tenantree/domain/products';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import type { Hall } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { resolveAll } from '../hall/resolve-all.ts';
import { levelsOf, type Reader } from '../products/shown-product.ts';
import { blueprintAt, contentOf, sectionsOf } from './content.ts';

type Where = { readonly hall: Hall; readonly access: Access };

const accountPlace = z.string().transform((text) => text as AccountId);

/** Whose a blueprint is, and who saved it: of those from above the reader's reach neither. */
const whose = (
  { reached }: Pick<Access, 'reached'>,
  { account, accountName, savedBy, savedAt }: Pick<OfferedBlueprint, 'account' | 'accountName' | 'savedBy' | 'savedAt'>,
) =>
  reached.includes(account)
    ? { from: { id: account, name: accountName }, savedBy, savedAt }
    : { from: { id: null, name: ACCOUNT_ABOVE }, savedBy: null, savedAt: null };

function listed(access: Access, found: OfferedBlueprint): Shown {
  const content = contentOf(found);
  const { id, version, name } = found;
  const variables = content.variables.map(({ key, label, type, required, secret }) => ({
    key,
    label,
    type,
    required,
    secret,
  }));
  return { id, version, name, ...whose(access, found), sections: sectionsOf(content), variables };
}

/** The blueprints that are offered in an account. */
export async function listBlueprints({ hall, access }: Where): Promise<Shown[]> {
  const found = await hall.db.withTenant(access.id, readOfferedBlueprints, { snapshot: true });
  return found.map((one) => listed(access, one));
}

/** A blueprint in one of its versions. @throws Refused NOT_FOUND */
export function getBlueprint({ hall, access }: Where, id: RowId, version: number | null): Promise<ShownBlueprint> {
  return hall.db.withTenant(
    access.id,
    async (trx) => {
      const found = await blueprintAt(trx, id, version);
      const { caps, limits, priceBook, products, variables } = found.content;
      const isReached = access.reached.includes(found.account);
      const at = variables.flatMap(({ key, at: places }) => places.map((place) => ({ key, ...place })));
      return {
        ...listed(access, found),
        newest: found.newest,
        caps,
        limits: limits && Object.fromEntries(Object.entries(limits).map(([key, terms]) => [key, terms])),
        priceBook: priceBook && {
          book: priceBook.id,
          name: isReached ? priceBook.name : '',
          version: priceBook.version,
          from: priceBook.from,
        },
        products:
          products &&
          products.map(({ product, kind, name, version: its, parts, chosen, answer }) => ({
            product,
            kind,
            name,
            version: its,
            parts,
            chosen,
            answer,
          })),
        places: at,
        versions: found.account === access.id ? await readBlueprintVersions(trx, access.id, id) : [],
      };
    },
    { snapshot: true },
  );
}

/** A product of a version of a blueprint, as far as the reader may read products of its kind. @throws Refused NOT_FOUND, FORBIDDEN */
export async function getBlueprintProduct(
  { hall, actor, access }: Where & Reader,
  {
    blueprint,
    version,
    product,
  }: { readonly blueprint: RowId; readonly version: number | null; readonly product: RowId },
): Promise<BlueprintDocument> {
  const { content } = await hall.db.withTenant(access.id, (trx) => blueprintAt(trx, blueprint, version), {
    snapshot: true,
  });
  const found = content.products?.find((one) => one.product === product);
  if (!found) return refuseWith('NOT_FOUND', 'There is no such product in this version.', 'product');
  const { name, version: its, parts, secrets } = found;
  const kind = productKind(found.kind);
  const { read } = kind.rows;
  if (access.levels[read] === 'none')
    return refuseWith('FORBIDDEN', `Reading ${kind.plural} takes “${permission(read).label}” in “${access.name}”.`);
  const levels = levelsOf({ actor, access }, kind);
  const isThere = (place: string): boolean => place === 'name' || (parts?.includes(place) ?? true);
  const whole = shownDocument(kind, found.document, new Map(), levels);
  const document = Object.fromEntries(Object.entries(whole).filter(([key]) => isThere(key)));
  return {
    product,
    kind: found.kind,
    name,
    version: its,
    parts: parts && [...parts],
    document,
    secrets: secrets.filter((place) => (place.split('/')[1] ?? '') in document),
  };
}

/** What drift is asked of. */
export type DriftQuestion = {
  readonly blueprint: RowId;
  readonly drift: DriftState | null;
  readonly state: SetUpState | null;
  readonly cursor: string | undefined;
  readonly limit: number;
};

/** How the accounts of the subtree stand to a blueprint that is offered here (rules/blueprints 9). @throws Refused NOT_FOUND */
export function readDrift(
  { hall, access }: Where,
  { blueprint, drift, state, cursor, limit }: DriftQuestion,
): Promise<BlueprintDrift> {
  const place = `drift:${access.id}:${blueprint}:${drift}:${state}`;
  const { secret } = hall.settings;
  const after = readCursor(secret, place, accountPlace, cursor);
  return hall.db.withTenant(
    access.id,
    async (trx) => {
      await blueprintAt(trx, blueprint, null);
      const counts = await countDrift(trx, blueprint);
      const found = await listDrift(trx, blueprint, { drift, state, account: null, after, limit: limit + 1 });
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      const sum = (isIt: (one: (typeof counts)[number]) => boolean): number =>
        counts.reduce((all, one) => all + (isIt(one) ? one.n : 0), 0);
      return {
        rows,
        nextCursor: last ? writeCursor(secret, place, last.account.id) : null,
        total: sum(() => true),
        counts: Object.fromEntries(
          DRIFT_STATES.map((one) => [one, sum((count) => count.drift === one)]),
        ) as BlueprintDrift['counts'],
        beingSetUp: sum((count) => count.state === 'being_set_up'),
        incomplete: sum((count) => count.state === 'incomplete'),
      };
    },
    { snapshot: true },
  );
}

/** What an account was set up from, and how it stands to that. */
export function readApplied({ hall, access }: Where) {
  return hall.db.withTenant(
    access.id,
    async (trx) => {
      const applications = [];
      for (const { blueprint, version, at, state, fault } of await readApplications(trx, [access.id], null)) {
        const offered = await findOfferedBlueprint(trx, blueprint.id, null);
        const question = { drift: null, state: null, account: access.id, after: null, limit: 1 };
        const [row] = await listDrift(trx, blueprint.id, question);
        if (!offered || !row) continue;
        const { from } = whose(access, offered);
        const { id, name } = offered;
        const its = { version, at, state, fault, sections: row.sections, drift: row.drift };
        applications.push({ ...its, from, blueprint: from.id === null ? null : { id, name } });
      }
      return { applications };
    },
    { snapshot: true },
  );
}

/** What some accounts of the subtree were set up from, and how each stands to that. @throws Refused NOT_FOUND */
export async function readAppliedMany({ hall, access }: Where, asked: readonly string[]): Promise<AppliedBlueprint[]> {
  const found = await hall.db.withTenant(
    access.id,
    async (trx) => readDriftOf(trx, await resolveAll(trx, asked, 'accounts')),
    { snapshot: true },
  );
  return found.map(({ blueprint, ...its }) => ({ ...its, blueprint: namedTo(access, blueprint) }));
}

/** A blueprint by its name; of an account above those that the caller reaches nothing is named (rules/blueprints 4). */
export const namedTo = (
  { path, reached }: Pick<Access, 'path' | 'reached'>,
  { id, name, owner }: DriftOf['blueprint'],
): AppliedBlueprint['blueprint'] => (path.includes(owner) && !reached.includes(owner) ? null : { id, name });
