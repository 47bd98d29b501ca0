import { procedureAt, type TransferList, type TransferView } from '@tenantree/contract';
import {
  findTransfer,
  readEndedTransfers,
  readMembers,
  readPlan,
  readTransfersUnderWay,
  type StoredTransfer,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  DAY_MS,
  type Instant,
  instantOf,
  missingSteps,
  msOf,
  type RowId,
  stageOf,
  TRANSFER_BADGES,
  type TransferStage,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Actor } from '../context/actor.ts';
import { type Access, wouldAdmit } from '../guard/admit.ts';
import { refusalToActor } from '../guard/callers.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { methodOf } from '../payments/payments.ts';

/** How long a transfer that ended is shown, and how many of them. */
const SHOWN_DAYS = 30;
const MOST_SHOWN = 200;
/** No id stands before it. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Whoever reads, and from where. */
export type Reader = { readonly hall: Hall; readonly actor: Actor; readonly access: Access };

/** Whether the caller is an owner of the account itself, as a person: the side of the child. */
export const ownsIt = (actor: Actor, { id, memberships }: Pick<Access, 'id' | 'memberships'>): boolean =>
  actor.kind === 'person' && memberships.some(({ account, role }) => account === id && role === 'owner');

/** Where an account stands between being paid for and paying for itself, as the caller is shown it. */
export const readView = (reader: Reader): Promise<TransferView> =>
  reader.hall.db.withTenant(reader.access.id, (trx) => viewIn(trx, reader), { snapshot: true });

/** The same inside a change. */
export async function viewIn(trx: TenantTransaction, { hall, actor, access }: Reader): Promise<TransferView> {
  const now = nowOf(hall);
  const stored = await findTransfer(trx, access.id);
  const isOwner = ownsIt(actor, access);
  const stage = stageOf(access.parent === null ? 'direct' : 'parent', stored?.transfer ?? null);
  const isShown = stored !== null && (stored.transfer.endedAt ?? now) >= instantOf(msOf(now) - SHOWN_DAYS * DAY_MS);
  return {
    account: { id: access.id, name: access.name },
    stage,
    badge: TRANSFER_BADGES[stage],
    now,
    transfer: isShown ? await shown(trx, access.id, isOwner ? stored : { ...stored, card: null }) : null,
    details: isOwner ? (stored?.details ?? null) : null,
    ifUnfinished: hall.settings.transferExpiry,
    ways: hall.payments.keys,
    may: actsOf(hall, actor, access, stage, stored),
  };
}

async function shown(
  trx: TenantTransaction,
  account: AccountId,
  { transfer, startedAt, reason, card, products }: StoredTransfer,
): Promise<NonNullable<TransferView['transfer']>> {
  const { owner, details, payment, plan } = transfer.steps;
  const members = owner === null ? [] : await readMembers(trx, account);
  return {
    id: transfer.id,
    state: transfer.state,
    recipient: transfer.recipient,
    mail: transfer.mail,
    agency: transfer.agency,
    completion: transfer.completion,
    message: transfer.message,
    startedAt,
    expiresAt: transfer.expiresAt,
    endedAt: transfer.endedAt,
    reason,
    steps: {
      owner: owner && { userId: owner, name: members.find(({ userId }) => userId === owner)?.name ?? '' },
      details: details && { country: details.country },
      payment: payment && { provider: methodOf(payment.method).provider, state: payment.state, card },
      plan: plan && { ...plan, name: (await readPlan(trx, plan)).name },
    },
    products,
    missing: missingSteps(transfer),
  };
}

type Acts = TransferView['may'];

/** What the caller may do now, as far as their side and the stage say. */
function actsOf(hall: Hall, actor: Actor, access: Access, stage: TransferStage, stored: StoredTransfer | null): Acts {
  const may = (act: Acts[number]): boolean => {
    const { needs } = procedureAt(`transfers.${act}`);
    return (
      needs.kind === 'account' && refusalToActor(actor, needs) === null && wouldAdmit(access, needs, hall.clock.nowMs())
    );
  };
  const above = (['cancel', 'extend', 'resend'] as const).filter((act) => access.parent !== null && may(act));
  if (stage === 'parent_billed') return access.parent !== null && may('start') ? ['start'] : [];
  if (stage === 'independent' || !stored) return [];
  const { recipient } = stored.transfer;
  const isRecipient = actor.kind === 'person' && actor.email.toLowerCase() === recipient.toLowerCase();
  const isOwner = ownsIt(actor, access);
  const own = (['setDetails', 'setPayment', 'choosePlan'] as const).filter((act) => isOwner && may(act));
  return [
    ...(isRecipient ? (['confirmOwner'] as const) : []),
    ...own,
    ...(may('complete') ? (['complete'] as const) : []),
    ...above,
    ...(isOwner || isRecipient ? (['decline'] as const) : []),
  ];
}

const endedPlace = z.tuple([z.string(), z.string()]).transform(([at, id]) => ({ at: at as Instant, id: id as RowId }));

/**
 * Transfers below an account: those under way, and those that ended in the last 30 days. Behind them, page by page, those that ended before.
 *
 * @throws Refused BAD_REQUEST for a cursor of another list
 */
export const listTransfers = (
  hall: Hall,
  { id }: Pick<Access, 'id'>,
  cursor: string | undefined,
): Promise<TransferList> =>
  hall.db.withTenant(
    id,
    async (trx) => {
      const place = `transfers:${id}`;
      const before = readCursor(hall.settings.secret, place, endedPlace, cursor);
      const since = before === null ? instantOf(hall.clock.nowMs() - SHOWN_DAYS * DAY_MS) : null;
      const found = await readEndedTransfers(trx, before, MOST_SHOWN + 1);
      const ended = found.filter(({ at }) => since === null || at >= since).slice(0, MOST_SHOWN);
      const last = ended.at(-1);
      // Where none ended lately, those before begin behind no row, but at an instant.
      const next = last ? [last.at, last.id] : [since, FIRST_ID];
      const underWay = before === null ? await readTransfersUnderWay(trx, MOST_SHOWN) : [];
      return {
        underWay: underWay.map(({ account, transfer }) => ({
          account,
          recipient: transfer.recipient,
          mail: transfer.mail,
          expiresAt: transfer.expiresAt,
          missing: missingSteps(transfer),
        })),
        ended,
        nextCursor: found.length > ended.length ? writeCursor(hall.settings.secret, place, next) : null,
      };
    },
    { snapshot: true },
  );
