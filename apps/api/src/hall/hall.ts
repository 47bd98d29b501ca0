import type {
  Admitted,
  Ask,
  AuditActor,
  ChainLink,
  Database,
  EventOutcome,
  EventToRecord,
  GivenBack,
  TenantTransaction,
  UsageStore,
} from '@tenantree/db';
import {
  type AccountId,
  type Clock,
  type CountedMeter,
  type Decision,
  type Instant,
  instantOf,
  type Keeping,
  type KeyId,
  type Level,
  type LimitKind,
  type PermissionKey,
  type Refusal,
  type RowId,
  type TaxParty,
  type TaxPort,
  type UserId,
} from '@tenantree/domain';
import type { SendMail } from '../mail/mail.ts';
import type { Payments } from '../payments/payments.ts';
import type { Change, Changes } from './change.ts';
import type { Traces } from './traces.ts';

/** What every slice is given: where data lives, what time it is, and who is told after a commit. Nothing of it is global. */
export type Hall = {
  readonly db: Database;
  readonly usage: UsageStore;
  readonly clock: Clock;
  /** A fresh UUIDv7 by the injected clock. */
  readonly newId: <Id extends string = RowId>() => Id;
  /** 256 random bits as base64url. */
  readonly newSecret: () => string;
  readonly settings: Settings;
  /** What decides about tax on invoices. */
  readonly tax: TaxPort;
  /** How accounts can pay. */
  readonly payments: Payments;
  /** The one way to change anything. */
  readonly change: Changes['change'];
  readonly changeSignIn: Changes['changeSignIn'];
  /** Writes what only leaves a trace into the journal: no tree is locked for it. */
  readonly trace: Traces['trace'];
  readonly usageDoor: UsageDoor;
  readonly admissions: Admissions;
  /** Sends a mail, in a job of whatever it is about. */
  readonly sendMail: SendMail;
  /** Sets new accounts up with blueprints. */
  readonly setUp: SetUp;
  /** The same with accounts that a file makes. */
  readonly setUpRows: SetUpRows;
};

/** A blueprint that a new account is set up with. */
export type NewSetUp = {
  readonly id: RowId;
  readonly version: number;
  readonly variables: Readonly<Record<string, string>>;
};

/** Who makes an account below which one, and what they may do there. */
export type Maker = {
  readonly hall: Hall;
  readonly caller: Caller;
  readonly access: {
    readonly id: AccountId;
    readonly root: AccountId;
    readonly path: readonly AccountId[];
    readonly chain: readonly ChainLink[];
    readonly reached: readonly AccountId[];
    readonly levels: Readonly<Record<PermissionKey, Level>>;
    /** Not null: an embedded screen makes it. */
    readonly features: unknown;
  };
};

/**
 * Makes accounts that a blueprint sets up (blueprints/in-creation.ts): `make` is given what does that inside the change that makes them. Where
 * products can't be set up an account is made without them, and is marked as incomplete.
 *
 * @throws RefusedFor the accounts that can't be set up otherwise
 */
export type SetUp = <T>(
  maker: Maker,
  wish: NewSetUp,
  make: (inChange: (change: Change, accounts: readonly AccountId[]) => Promise<void>) => Promise<T>,
) => Promise<T>;

/** How accounts are set up that a file makes (blueprints/in-creation.ts). */
export type SetUpRows = {
  /** Reads what rows may name: blueprints that are offered where the file is imported, by id or name, and that set accounts up without values. */
  readonly read: (trx: TenantTransaction, access: Maker['access']) => Promise<(named: string) => Decision<NewSetUp>>;
  /**
   * Sets accounts up in the change that has made them; their products come by a job.
   *
   * @returns why some of them can't be: nothing of the change may be kept then
   */
  readonly made: (
    maker: Maker,
    change: Change,
    accounts: readonly AccountId[],
    wish: NewSetUp,
  ) => Promise<ReadonlyMap<AccountId, Refusal>>;
};

/** Where what limits hold is taken and given back (limits/admissions.ts): for many callers at once, tree by tree. */
export type Admissions = {
  /** Resolves after the commit. @throws the driver's error when nothing was taken */
  acquire(root: AccountId, kind: LimitKind, ask: Ask): Promise<Admitted>;
  /** Resolves after the commit; what has ended already is given back. */
  release(root: AccountId, kind: LimitKind, back: GivenBack): Promise<void>;
};

/** The door by which usage enters (usage/usage-door.ts). What enters is stored at once and counted soon after. */
export type UsageDoor = {
  /**
   * Stores events of many callers in few transactions. Resolves after the commit with one outcome per event, in order.
   *
   * @throws Refused UNAVAILABLE when more waits to be stored than may, or the driver's error when the events could not be stored
   */
  record(meter: CountedMeter, events: readonly EventToRecord[]): Promise<EventOutcome[]>;
  /** Usage was stored in a transaction of the caller's own, and is committed: it is counted soon, and then live viewers are told. */
  recorded(): void;
  /** Resolves when all that was recorded in an account's tree before the call is counted, or could not be. */
  settle(account: AccountId): Promise<void>;
};

/** What an operator may set (docs/operators.md). */
export type Settings = Keeping & {
  /** Levels of subaccounts below a main account, 1–32. */
  readonly maxDepth: number;
  /** Who may make main accounts: whoever is signed in, owners of one, nobody. */
  readonly mainAccountsBy: 'everyone' | 'owners' | 'nobody';
  /** Addresses of those who alone may lower what is billed, as addresses are compared; none: whoever sends the bill may (rules/permissions 12). */
  readonly billingOperators: readonly string[];
  /** For how long what trees changed is kept for viewers that resume. */
  readonly liveResumeMinutes: number;
  /** Days for which usage events are kept after their month; null: for ever. */
  readonly usageRetentionDays: number | null;
  /** Milliseconds between the end of a period and its closing (rules/money 8). */
  readonly closingGraceMs: number;
  /** Who sends invoices, as they say; null: they name nobody. */
  readonly invoiceSender: InvoiceSender | null;
  /** Whether an account whose billing transfer ran out stays as it is, or is suspended. */
  readonly transferExpiry: 'stay' | 'suspend';
  /** Where people reach the web app, without a slash at the end. */
  readonly publicUrl: string;
  /** Key for signing cursors. */
  readonly secret: string;
};

/** Somebody on an invoice: who sends it, or whom it is addressed to. */
export type InvoiceParty = TaxParty & { readonly name: string; readonly address: readonly string[] };

/** Who sends invoices. */
export type InvoiceSender = InvoiceParty & {
  /** What invoices say of how and until when they are paid; null: nothing. */
  readonly howToPay: string | null;
};

/** The one who calls, as far as slices care: how the audit log names them, and what they are a member of. */
export type Caller = {
  readonly actor: AuditActor;
  /** The person, or the owner of the key that acts. */
  readonly user: UserId;
  /** The key that acts, or that the acting screen was made with: what it makes ends with it. */
  readonly key: KeyId | null;
  readonly requestId: string;
  /** Accounts on the way down to the acting one that they reach. */
  readonly reached?: readonly AccountId[];
};

/** The present instant by the injected clock. */
export const nowOf = (hall: Pick<Hall, 'clock'>): Instant => instantOf(hall.clock.nowMs());
