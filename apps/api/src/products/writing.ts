import { inAccount, PEOPLE_AND_KEYS } from '@tenantree/contract';
import {
  findProductsByName,
  kindsOfProducts,
  membersAmong,
  type TenantTransaction,
  type Writing,
  writeSecrets,
} from '@tenantree/db';
import { type AccountId, type PermissionKey, permission, type Refusal, type RowId } from '@tenantree/domain';
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

/** Something that wants to be called something. */
type Wished = { readonly id: RowId; readonly parsed: Pick<ParsedDocument, 'name'> };

/** @throws Refused NAME_TAKEN when another product of the kind has one of the names, where no two may */
export async function requireFreeNames(
  trx: TenantTransaction,
  { access: { id: account }, kind }: { readonly access: Pick<Access, 'id'>; readonly kind: Writer['kind'] },
  wished: readonly Wished[],
): Promise<void> {
  if (kind.names === 'any') return;
  const names = wished.map(({ parsed }) => ({ account, kind: kind.kind, nameKey: parsed.name.key }));
  const seen = new Map((await findProductsByName(trx, names)).map(({ nameKey, id }) => [nameKey, id]));
  for (const one of wished) {
    requireFree(kind, one, seen.get(one.parsed.name.key));
    seen.set(one.parsed.name.key, one.id);
  }
}

/** @param other what has its name already @throws Refused NAME_TAKEN when that is another one */
export function requireFree(kind: Writer['kind'], { id, parsed }: Wished, other: RowId | undefined): void {
  const refusal = nameTaken(kind, { id, name: parsed.name.name }, other);
  if (refusal) throw new Refused(refusal);
}

/** Why something can't be called what it wants to be; null: it can. @param other what has the name already */
export function nameTaken(
  kind: Writer['kind'],
  { id, name }: { readonly id: RowId | null; readonly name: string },
  other: RowId | undefined,
): Refusal | null {
  if (kind.names === 'any' || other === undefined || other === id) return null;
  const message = `Another ${kind.label.toLowerCase()} here is called “${name}”.`;
  return { code: 'NAME_TAKEN', message, field: kind.nameAt };
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
  const { products, members } = namedBy(account, refs);
  const found = new Map((await kindsOfProducts(trx, products)).map(({ id, kind }) => [id, kind]));
  const among = new Set((await membersAmong(trx, members)).map(({ id }) => id));
  const isThere = ({ kind, id }: NamedThing) => (kind === 'member' ? among.has(id) : found.get(id) === kind);
  return presentAmong(refs, isThere, tolerated);
}

/** What a document names in an account: products, and members. */
export function namedBy(account: AccountId, refs: readonly NamedThing[]) {
  const placed = (isMember: boolean) =>
    refs.flatMap(({ kind, id }) => ((kind === 'member') === isMember ? [{ account, id }] : []));
  return { products: placed(false), members: placed(true) };
}

/** Those of some references that name products that are there. @throws Refused REFERENCE_MISSING, with the place of each */
export function presentAmong(
  refs: readonly NamedThing[],
  isThere: (ref: NamedThing) => boolean,
  tolerated: ReadonlySet<RowId>,
): NamedThing[] {
  const missing = refs.filter((ref) => !isThere(ref) && (ref.need === 'required' || !tolerated.has(ref.id)));
  const [first] = missing;
  if (first) {
    const faults = missing.map(({ place }) => ({ at: place, message: 'What is named here is not in this account.' }));
    const message = 'This names something that is not in this account.';
    throw new Refused({ code: 'REFERENCE_MISSING', message, field: first.place, faults });
  }
  return refs.filter((ref) => ref.kind !== 'member' && isThere(ref));
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
