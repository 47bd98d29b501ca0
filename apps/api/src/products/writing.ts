import { inAccount, PEOPLE_AND_KEYS } from '@tenantree/contract';
import {
  findProductsByName,
  labelProducts,
  membersAmong,
  type TenantTransaction,
  type Writing,
  writeSecrets,
} from '@tenantree/db';
import { type AccountId, type PermissionKey, permission, type RowId } from '@tenantree/domain';
import {
  type NamedThing,
  type ParsedDocument,
  type ProductKind,
  type ProductKindKey,
  productKind,
} from '@tenantree/domain/products';
import { type Access, wouldAdmit } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { Refused, refuseWith } from '../hall/refused.ts';
import { seal } from './seal.ts';

/** Who writes, where, and products of which kind. */
export type Writer = {
  readonly hall: Hall;
  readonly caller: Caller;
  readonly access: Access;
  readonly kind: ProductKind & { readonly kind: ProductKindKey };
};

/** What a call of somebody's writes. */
export const writerOf = (
  { hall, caller, access }: Pick<Writer, 'hall' | 'caller' | 'access'>,
  key: ProductKindKey,
): Writer => ({ hall, caller, access, kind: productKind(key) });

/** Where and when something is written, and by whom. */
export const writingOf = ({ caller: { actor }, access, kind }: Writer, { now, version }: Change): Writing => ({
  account: access.id,
  kind: kind.kind,
  at: now,
  by: { id: actor.id, name: actor.name },
  treeVersion: version,
});

/** @throws Refused FORBIDDEN where the writer lacks one of these permissions in full */
export function requireRows({ hall, access }: Writer, rows: readonly PermissionKey[]): void {
  const nowMs = hall.clock.nowMs();
  for (const row of rows)
    if (!wouldAdmit(access, inAccount(row, 'full', 'change', PEOPLE_AND_KEYS), nowMs))
      refuseWith('FORBIDDEN', `This needs ${permission(row).label}: full in “${access.name}”.`, 'document');
}

/** @throws Refused NAME_TAKEN when another product of the kind has one of the names, where no two may */
export async function requireFreeNames(
  trx: TenantTransaction,
  { access, kind }: { readonly access: Pick<Access, 'id'>; readonly kind: Writer['kind'] },
  wished: readonly { readonly id: RowId; readonly parsed: Pick<ParsedDocument, 'name'> }[],
): Promise<void> {
  if (kind.names === 'any' || wished.length === 0) return;
  const seen = new Map(
    (
      await findProductsByName(
        trx,
        access.id,
        kind.kind,
        wished.map(({ parsed }) => parsed.name.key),
      )
    ).map(({ nameKey, id }) => [nameKey, id]),
  );
  for (const { id, parsed } of wished) {
    const other = seen.get(parsed.name.key);
    if (other !== undefined && other !== id)
      refuseWith(
        'NAME_TAKEN',
        `Another ${kind.label.toLowerCase()} here is called “${parsed.name.name}”.`,
        kind.nameAt,
      );
    seen.set(parsed.name.key, id);
  }
}

/**
 * What of a document names products that are there.
 *
 * @param tolerated what it may name although it is not there any more
 * @throws Refused REFERENCE_MISSING, with the place of each
 */
export async function presentRefs(
  trx: TenantTransaction,
  account: AccountId,
  refs: readonly NamedThing[],
  tolerated: ReadonlySet<RowId> = new Set(),
): Promise<NamedThing[]> {
  const products = refs.filter(({ kind }) => kind !== 'member');
  const found = new Map(
    (
      await labelProducts(
        trx,
        account,
        products.map(({ id }) => id),
      )
    ).map(({ id, kind }) => [id, kind]),
  );
  const members = await membersAmong(
    trx,
    account,
    refs.flatMap(({ kind, id }) => (kind === 'member' ? [id] : [])),
  );
  const isThere = ({ kind, id }: NamedThing): boolean => (kind === 'member' ? members.has(id) : found.get(id) === kind);
  const missing = refs.filter((ref) => !isThere(ref) && (ref.need === 'required' || !tolerated.has(ref.id)));
  const [first] = missing;
  if (first) {
    const faults = missing.map(({ place }) => ({ at: place, message: 'What is named here is not in this account.' }));
    const message = 'This names something that is not in this account.';
    throw new Refused({ code: 'REFERENCE_MISSING', message, field: first.place, faults });
  }
  return products.filter(isThere);
}

/** Keeps what a document said of its secrets. */
export async function keepSecrets(
  trx: TenantTransaction,
  { hall, access }: Writer,
  product: RowId,
  { secrets, secretPlaces }: Pick<ParsedDocument, 'secrets' | 'secretPlaces'>,
): Promise<void> {
  await writeSecrets(trx, access.id, product, {
    set: secrets.flatMap(({ place, value }) =>
      value === null ? [] : [seal(hall.settings.secret, { account: access.id, product, place }, value)],
    ),
    cleared: secrets.flatMap(({ place, value }) => (value === null ? [place] : [])),
    places: secretPlaces,
  });
}
