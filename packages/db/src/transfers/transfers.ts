import type {
  AccountId,
  AccountLabel,
  Card,
  CountedMeter,
  Decimal,
  Instant,
  ReminderDays,
  Role,
  RowId,
  Transfer,
  TransferState,
  TransferSteps,
  UserId,
} from '@tenantree/domain';
import type { ProductKindKey } from '@tenantree/domain/products';
import { type RawBuilder, sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { BillingDetails } from '../billing/plans.ts';
import type { Database, TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { AuditActor } from '../journal/append.ts';

/** A transfer as it is stored, with what the rules don't ask about. */
export type StoredTransfer = {
  readonly transfer: Transfer;
  readonly startedAt: Instant;
  /** What was said when it ended. */
  readonly reason: string | null;
  /** Whom invoices will be addressed to; gone when it lapsed. */
  readonly details: BillingDetails | null;
  /** What the provider of payments calls who will pay; null: it knows nobody. */
  readonly customer: string | null;
  /** What is shown of its payment method; null: nothing is known, or it is no card. */
  readonly card: Card | null;
  /** What becomes of products that came from above; what isn't in it is handed over. */
  readonly products: readonly SettledProduct[];
};

/** A product above, and what becomes of its copies when the account leaves. */
export type SettledProduct = {
  readonly product: RowId;
  readonly kind: ProductKindKey;
  readonly name: string;
  readonly as: 'blank' | 'take_back';
};

/** How many copies of products that came from above were replaced by a blank, and taken back. */
export type SettledCounts = { readonly blank: number; readonly takenBack: number };

/** What decides a transfer beside itself. */
export type TransferGround = {
  /** By the clock of the database. */
  readonly now: Instant;
  /** When the account or anything below it was last placed. */
  readonly lastPlacedAt: Instant;
  readonly ancestor: AccountLabel | null;
  readonly nested: readonly AccountLabel[];
};

/** Reads what decides the transfer of an account, behind the lock of its tree. */
export async function readTransferGround(trx: TenantTransaction, account: AccountId): Promise<TransferGround> {
  type Raw = {
    at: Date;
    placed_at: Date;
    ancestor_id: AccountId | null;
    ancestor_name: string | null;
    nested: AccountLabel[];
  };
  const { rows } = await sql<Raw>`SELECT * FROM transfer_ground(${account})`.execute(trx);
  const { at, placed_at, ancestor_id, ancestor_name, nested } = rows[0]!;
  return {
    now: at.toISOString() as Instant,
    lastPlacedAt: placed_at.toISOString() as Instant,
    ancestor: ancestor_id === null ? null : { id: ancestor_id, name: ancestor_name ?? '' },
    nested,
  };
}

type RawTransfer = {
  id: RowId;
  version: number;
  state: TransferState;
  recipient: string;
  grace_days: number;
  agency: Transfer['agency'];
  completion: Transfer['completion'];
  message: string | null;
  started_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  reason: string | null;
  mail: Transfer['mail'];
  reminded: ReminderDays[];
  steps: TransferSteps;
  details: BillingDetails | null;
  customer: string | null;
  card: Card | null;
  products: SettledProduct[];
};

const toStored = (row: RawTransfer): StoredTransfer => ({
  transfer: {
    id: row.id,
    // Calls with one idempotency key are one: what it was started with needs no other.
    key: row.id,
    version: row.version,
    state: row.state,
    recipient: row.recipient,
    graceDays: row.grace_days,
    agency: row.agency,
    completion: row.completion,
    message: row.message,
    expiresAt: row.expires_at.toISOString() as Instant,
    steps: row.steps,
    mail: row.mail,
    reminded: row.reminded,
    endedAt: instantOrNull(row.ended_at),
  },
  startedAt: row.started_at.toISOString() as Instant,
  reason: row.reason,
  details: row.details,
  customer: row.customer,
  card: row.card,
  products: row.products,
});

const COLUMNS = sql`t.id, t.version, t.state, t.recipient, t.grace_days, t.agency, t.completion, t.message, t.started_at, t.expires_at, t.ended_at,
  t.reason, t.mail, t.reminded, t.steps, t.details, t.customer, t.card, t.products`;

/** Finds the transfer of an account that is under way, or else its newest one; null: it never had one. */
export async function findTransfer(trx: TenantTransaction, account: AccountId): Promise<StoredTransfer | null> {
  const { rows } = await sql<RawTransfer>`
    SELECT ${COLUMNS} FROM billing_transfers t WHERE t.root_id = ${ACTING_ROOT} AND t.account_id = ${account}
    ORDER BY t.id DESC LIMIT 1`.execute(trx);
  return rows[0] ? toStored(rows[0]) : null;
}

/** What is written of a transfer beside what the rules decide. */
export type TransferWritten = {
  /** Of the link in the mail; null: it is void. Absent: as it is. */
  readonly tokenHash?: Buffer | null;
  readonly reason?: string | null;
  readonly details?: BillingDetails | null;
  readonly customer?: string | null;
  readonly card?: Card | null;
  /** Days before its end at which somebody is still to be reminded. */
  readonly ahead?: readonly ReminderDays[];
};

/** Stores a transfer that starts, and marks its account. */
export async function insertTransfer(
  trx: TenantTransaction,
  account: AccountId,
  transfer: Transfer,
  {
    now,
    ahead,
    products,
  }: {
    readonly now: Instant;
    readonly ahead: readonly ReminderDays[];
    readonly products: readonly SettledProduct[];
  },
): Promise<void> {
  await sql`
    INSERT INTO billing_transfers (account_id, id, version, state, recipient, grace_days, agency, completion, message, started_at, expires_at,
      mail, ahead, reminded, steps, products)
    VALUES (${account}, ${transfer.id}, ${transfer.version}, ${transfer.state}, ${transfer.recipient}, ${transfer.graceDays}, ${transfer.agency},
      ${transfer.completion}, ${transfer.message}, ${now}::timestamptz, ${transfer.expiresAt}::timestamptz, ${transfer.mail},
      ${[...ahead]}::smallint[], '{}', ${JSON.stringify(transfer.steps)}::jsonb, ${JSON.stringify(products)}::jsonb)`.execute(
    trx,
  );
}

/**
 * Writes a transfer over the version and the state that it was read with.
 *
 * @returns false when somebody else has changed it meanwhile: nothing is written
 */
export async function updateTransfer(
  trx: TenantTransaction,
  account: AccountId,
  before: Pick<Transfer, 'version' | 'state'>,
  transfer: Transfer,
  { tokenHash, reason, details, customer, card, ahead }: TransferWritten,
): Promise<boolean> {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const { rows } = await sql<{ id: RowId }>`
    UPDATE billing_transfers t SET version = ${transfer.version}, state = ${transfer.state}, recipient = ${transfer.recipient},
      expires_at = ${transfer.expiresAt}::timestamptz, ended_at = ${transfer.endedAt}::timestamptz, mail = ${transfer.mail},
      reminded = ${[...transfer.reminded]}::smallint[], steps = ${JSON.stringify(transfer.steps)}::jsonb
      ${tokenHash === undefined ? sql`` : sql`, token_hash = ${tokenHash}`}
      ${reason === undefined ? sql`` : sql`, reason = ${reason}`}
      ${details === undefined ? sql`` : sql`, details = ${json(details)}::jsonb`}
      ${customer === undefined ? sql`` : sql`, customer = ${customer}`}
      ${card === undefined ? sql`` : sql`, card = ${json(card)}::jsonb`}
      ${ahead === undefined ? sql`` : sql`, ahead = ${[...ahead]}::smallint[]`}
    WHERE t.root_id = ${ACTING_ROOT} AND t.account_id = ${account} AND t.id = ${transfer.id} AND t.version = ${before.version} AND t.state = ${before.state}
    RETURNING t.id`.execute(trx);
  return rows.length > 0;
}

/**
 * Gives a transfer under way the link that its mail carries, and voids the one before. A link proves the address that it was mailed to: there is
 * none for one that isn't invited any more.
 *
 * @returns false when it has ended meanwhile, or somebody else is invited
 */
export async function giveTransferLink(
  trx: TenantTransaction,
  account: AccountId,
  { id, recipient }: Pick<Transfer, 'id' | 'recipient'>,
  tokenHash: Buffer,
): Promise<boolean> {
  const { rows } = await sql<{ id: RowId }>`
    UPDATE billing_transfers t SET token_hash = ${tokenHash}
    WHERE t.root_id = ${ACTING_ROOT} AND t.account_id = ${account} AND t.id = ${id} AND t.recipient = ${recipient}
      AND t.state = 'in_progress' RETURNING t.id`.execute(trx);
  return rows.length > 0;
}

/** Marks an account with when its transfer ends by itself; null: it is in none any more. */
export async function markInTransfer(
  trx: TenantTransaction,
  account: AccountId,
  until: Instant | null,
  version: TreeVersion,
): Promise<void> {
  await trx
    .updateTable('accounts')
    .set({ transfer_until: until, version })
    .where('root_id', '=', ACTING_ROOT)
    .where('id', '=', account)
    .execute();
}

/** Somebody who looks after an account from above. */
export type Caretaker = {
  readonly account: AccountLabel;
  readonly user: UserId;
  readonly name: string;
  /** As it was typed, and as addresses are compared. */
  readonly email: string;
  readonly emailKey: string;
  readonly role: Role;
};

/** Reads the owners and admins of the nearest account above one that has any. */
export async function readCaretakers(trx: TenantTransaction, account: AccountId): Promise<Caretaker[]> {
  type Raw = {
    account_id: AccountId;
    account_name: string;
    user_id: UserId;
    name: string;
    email: string;
    shown_email: string;
    role: Role;
  };
  const { rows } = await sql<Raw>`SELECT * FROM looked_after_by(${account})`.execute(trx);
  return rows.map((row) => ({
    account: { id: row.account_id, name: row.account_name },
    user: row.user_id,
    name: row.name,
    email: row.shown_email,
    emailKey: row.email,
    role: row.role,
  }));
}

/** Something that ends of somebody from above when an account leaves. */
export type Leaver = {
  readonly kind: 'member' | 'key' | 'session' | 'invitation';
  readonly account: AccountId;
  readonly id: string;
  readonly name: string;
};

/** Reads what of people from above would end. @param owner who confirmed to own the account; null: nobody yet */
export async function readLeavers(
  trx: TenantTransaction,
  account: AccountId,
  owner: UserId | null,
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<Leaver[]> {
  const { rows } = await sql<{ kind: Leaver['kind']; account_id: AccountId; id: string; name: string | null }>`
    SELECT * FROM leavers_of(${account}, ${owner}, ${now}::timestamptz) LIMIT ${limit}`.execute(trx);
  return rows.map((row) => ({ kind: row.kind, account: row.account_id, id: row.id, name: row.name ?? '' }));
}

/** Keeps whoever counts usage of a tree away until the transaction ends: before the change of the tree begins. */
export async function stopCounting(trx: TenantTransaction, root: AccountId): Promise<void> {
  await sql`SELECT stop_counting(${root})`.execute(trx);
}

/** An invitation to look after the account from outside. */
export type AgencyInvitation = { readonly id: RowId; readonly email: string; readonly shown_email: string };

/**
 * Makes an account a main account of its own, whose transfer is written as completed.
 *
 * @param at the instant that was decided
 * @returns the next version of the tree that is left, the instant that it is, and how much of each kind ended of people from above
 */
export async function completeTransfer(
  trx: TenantTransaction,
  account: AccountId,
  {
    id,
    at,
    agency,
    until,
    settled,
  }: {
    readonly id: RowId;
    readonly at: Instant;
    readonly agency: readonly AgencyInvitation[];
    readonly until: Instant;
    readonly settled: SettledCounts;
  },
  { actor, requestId }: { readonly actor: AuditActor; readonly requestId: string | null },
  version: TreeVersion,
): Promise<{ version: TreeVersion; at: Instant; ended: Readonly<Record<Leaver['kind'], number>> }> {
  const by = {
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_name: actor.name,
    via_id: actor.via?.id ?? null,
    via_name: actor.via?.name ?? null,
    request_id: requestId,
  };
  const { rows } = await sql<{ version: string; at: Date; ended: Record<Leaver['kind'], number> }>`
    SELECT * FROM complete_transfer(${account}, ${id}, ${at}::timestamptz, ${version}, ${JSON.stringify(agency)}::jsonb, ${until}::timestamptz,
      ${JSON.stringify(settled)}::jsonb, ${JSON.stringify(by)}::jsonb)`.execute(trx);
  const row = rows[0]!;
  return { version: Number(row.version), at: row.at.toISOString() as Instant, ended: row.ended };
}

/** A transfer as its secret link shows it. */
export type TransferByLink = {
  readonly root: AccountId;
  readonly account: AccountId;
  readonly accountName: string;
  readonly id: RowId;
  readonly recipient: string;
  readonly message: string | null;
  readonly state: TransferState;
  readonly expiresAt: Instant;
};

/** Finds the transfer of a link by the SHA-256 of its token. */
export async function findTransferByLink(db: Database, tokenHash: Buffer): Promise<TransferByLink | null> {
  type Raw = {
    root_id: AccountId;
    account_id: AccountId;
    account_name: string;
    id: RowId;
    recipient: string;
    message: string | null;
    state: TransferState;
    expires_at: Date;
  };
  const { rows } = await sql<Raw>`SELECT * FROM public.transfer_by_hash(${tokenHash})`.execute(db.app);
  const [row] = rows;
  return row
    ? {
        root: row.root_id,
        account: row.account_id,
        accountName: row.account_name,
        id: row.id,
        recipient: row.recipient,
        message: row.message,
        state: row.state,
        expiresAt: row.expires_at.toISOString() as Instant,
      }
    : null;
}

/** Something that is due of a transfer. */
export type TransferDue = { readonly root: AccountId; readonly account: AccountId; readonly id: RowId } & (
  | { readonly event: 'expire' }
  /** The plan that was chosen is not offered any more, or doesn't include the subaccounts that there are by now. */
  | { readonly event: 'planLost'; readonly plan: string }
  | { readonly event: 'remind'; readonly days: ReminderDays; readonly expiresAt: Instant }
  /** Every step is done, and what stood in the way is over. */
  | { readonly event: 'complete' }
);

/** Finds transfers under way of which something is due by the clock of the database: of each, one thing at a time. */
export async function findTransfersDue(db: Database, limit: number): Promise<TransferDue[]> {
  type Raw = {
    root_id: AccountId;
    account_id: AccountId;
    id: RowId;
    event: TransferDue['event'];
    days: ReminderDays | null;
    expires_at: Date;
    plan: string | null;
  };
  const { rows } = await sql<Raw>`SELECT * FROM public.transfers_due(${limit})`.execute(db.app);
  return rows.map((row): TransferDue => {
    const where = { root: row.root_id, account: row.account_id, id: row.id };
    if (row.event === 'remind' && row.days !== null)
      return { ...where, event: 'remind', days: row.days, expiresAt: row.expires_at.toISOString() as Instant };
    if (row.event === 'planLost' && row.plan !== null) return { ...where, event: 'planLost', plan: row.plan };
    return { ...where, event: row.event === 'complete' ? 'complete' : 'expire' };
  });
}

/** Finds the newest transfer whose payment method a provider calls so; null: none. */
export async function findTransferOfPayment(
  db: Database,
  method: string,
): Promise<{
  readonly root: AccountId;
  readonly account: AccountId;
  readonly id: RowId;
  readonly state: TransferState;
} | null> {
  const { rows } = await sql<{ root_id: AccountId; account_id: AccountId; id: RowId; state: TransferState }>`
    SELECT * FROM public.transfer_of_payment(${method})`.execute(db.app);
  const [row] = rows;
  return row ? { root: row.root_id, account: row.account_id, id: row.id, state: row.state } : null;
}

/** A transfer that ended, as the side of the parent is shown it. */
export type EndedTransfer = {
  readonly id: RowId;
  readonly account: AccountLabel;
  readonly outcome: Exclude<TransferState, 'in_progress'>;
  readonly reason: string | null;
  readonly agency: Transfer['agency'];
  readonly at: Instant;
  /** Of one that left the account that it stood directly below; null: it is still there. */
  readonly from: AccountLabel | null;
};

/** Reads transfers under way below the acting account, those that end first before others. */
export async function readTransfersUnderWay(
  trx: TenantTransaction,
  limit: number,
): Promise<{ readonly account: AccountLabel; readonly transfer: Transfer }[]> {
  const { rows } = await sql<RawTransfer & { account_id: AccountId; account_name: string }>`
    SELECT ${COLUMNS}, a.id AS account_id, a.name AS account_name FROM accounts a
    CROSS JOIN LATERAL (SELECT x.* FROM billing_transfers x WHERE x.root_id = a.root_id AND x.account_id = a.id AND x.state = 'in_progress' LIMIT 1) t
    WHERE a.root_id = ${ACTING_ROOT} AND a.transfer_until IS NOT NULL AND a.path_key > acting_key() AND a.path_key < acting_end()
    ORDER BY t.expires_at LIMIT ${limit}`.execute(trx);
  return rows.map((row) => ({
    account: { id: row.account_id, name: row.account_name },
    transfer: toStored(row).transfer,
  }));
}

/** No id stands behind it. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Where a transfer stands among those that ended, the last first. */
export type EndedPlace = { readonly at: Instant; readonly id: RowId };

/** Reads transfers below the acting account that ended, departures among them; the last first. @param before the place behind which to go on */
export async function readEndedTransfers(
  trx: TenantTransaction,
  before: EndedPlace | null,
  limit: number,
): Promise<EndedTransfer[]> {
  type Raw = {
    id: RowId;
    account_id: AccountId;
    name: string;
    outcome: EndedTransfer['outcome'];
    reason: string | null;
    agency: Transfer['agency'];
    at: Date;
    from_id: AccountId | null;
    from_name: string | null;
  };
  const behind = (one: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`(${one}.at, ${one}.id) < (${before?.at ?? 'infinity'}::timestamptz, ${before?.id ?? LAST_ID}::uuid)`;
  const { rows } = await sql<Raw>`
    SELECT * FROM (
      SELECT t.id, t.account_id, a.name, t.state AS outcome, t.reason, t.agency, date_trunc('milliseconds', t.ended_at) AS at, NULL::uuid AS from_id, NULL AS from_name FROM billing_transfers t
      CROSS JOIN LATERAL (SELECT x.name, x.path_key FROM accounts x WHERE x.root_id = t.root_id AND x.id = t.account_id LIMIT 1) a
      WHERE t.root_id = ${ACTING_ROOT} AND t.state IN ('cancelled', 'declined', 'expired') AND a.path_key > acting_key()
      UNION ALL
      SELECT d.id, d.departed, d.name, 'completed', NULL, d.agency, d.at, d.account_id, p.name FROM (
        SELECT x.* FROM departures x WHERE x.root_id = ${ACTING_ROOT} AND ${behind(sql`x`)} ORDER BY x.at DESC, x.id DESC LIMIT ${limit}
      ) d
      CROSS JOIN LATERAL (SELECT x.name FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.account_id LIMIT 1) p
    ) e WHERE ${behind(sql`e`)} ORDER BY e.at DESC, e.id DESC LIMIT ${limit}`.execute(trx);
  return rows.map((row) => ({
    id: row.id,
    account: { id: row.account_id, name: row.name },
    outcome: row.outcome,
    reason: row.reason,
    agency: row.agency,
    at: row.at.toISOString() as Instant,
    from: row.from_id === null ? null : { id: row.from_id, name: row.from_name ?? '' },
  }));
}

/** An account that left, as it is kept where it left from. What is null nobody wrote down: it left under an earlier release. */
export type LeftAccount = {
  readonly id: RowId;
  /** As it was called then. */
  readonly account: AccountLabel;
  readonly at: Instant;
  readonly agency: Transfer['agency'];
  /** How many people were invited as agency admins. */
  readonly invited: number | null;
  /** How many accounts left: the one, and all below it. */
  readonly went: number | null;
  /** What ended of people from above. */
  readonly ended: Readonly<Record<Leaver['kind'], number>> | null;
  /** What became of products that came from above, where they weren't handed over, and how many copies that were. */
  readonly products: readonly SettledProduct[];
  readonly settled: SettledCounts | null;
};

/** Finds an account that left from directly below the acting one, however long ago; null: there is none. */
export async function findLeftAccount(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
): Promise<LeftAccount | null> {
  type Raw = Pick<LeftAccount, 'id' | 'agency' | 'invited' | 'went' | 'ended' | 'products' | 'settled'> & {
    departed: AccountId;
    name: string;
    at: Date;
  };
  const { rows } = await sql<Raw>`
    SELECT id, departed, name, at, agency, invited, went, ended, products, settled FROM departures
    WHERE root_id = ${ACTING_ROOT} AND account_id = ${account} AND id = ${id}`.execute(trx);
  const [row] = rows;
  if (!row) return null;
  const { departed, name, at, ...rest } = row;
  return { ...rest, account: { id: departed, name }, at: at.toISOString() as Instant };
}

/** Reads what an account that left, and all that left with it, had used in that month until then, as it is counted. */
export async function readUsedUntilDeparture(
  trx: TenantTransaction,
  { account, at }: Pick<LeftAccount, 'account' | 'at'>,
): Promise<{ readonly counted: CountedMeter; readonly quantity: Decimal }[]> {
  const { rows } = await sql<{ counted: CountedMeter; quantity: Decimal }>`
    SELECT meter AS counted, trim_scale(quantity)::text AS quantity FROM used_until_departure(${account.id}, ${at}::timestamptz)`.execute(
    trx,
  );
  return rows;
}

/** Gives an open invitation another link, and voids the one before; null: it is not open any more. */
export async function giveInvitationLink(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
  tokenHash: Buffer,
): Promise<{ readonly email: string } | null> {
  const { rows } = await sql<{ shown_email: string }>`
    UPDATE invitations SET token_hash = ${tokenHash}
    WHERE root_id = ${ACTING_ROOT} AND account_id = ${account} AND id = ${id} AND accepted_at IS NULL RETURNING shown_email`.execute(
    trx,
  );
  return rows[0] ? { email: rows[0].shown_email } : null;
}

/** Whether a move would bring two transfers under way into one chain. */
export async function transfersMeet(trx: TenantTransaction, account: AccountId, to: AccountId): Promise<boolean> {
  const { rows } = await sql<{ meet: boolean }>`SELECT transfers_meet(${account}, ${to}) AS meet`.execute(trx);
  return rows[0]!.meet;
}
