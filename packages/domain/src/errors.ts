import type { JsonValue } from './json.ts';
import type { AtLimit, LimitKindKey, LimitReached } from './limits/kinds.ts';

/**
 * Every refusal the platform can give, by stable code: the HTTP status it leaves with and whether trying again unchanged can help.
 * Integrators match on the code; the sentence beside it is for people and may change.
 */
export const ERROR_CODES = {
  BAD_REQUEST: { status: 400, retryable: false },
  UNAUTHORIZED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false },
  UNKNOWN_HOST: { status: 421, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  INTERNAL: { status: 500, retryable: true },
  UNAVAILABLE: { status: 503, retryable: true },
  NAME_INVALID: { status: 400, retryable: false },
  NAME_TAKEN: { status: 409, retryable: false },
  EXTERNAL_ID_CONFLICT: { status: 409, retryable: false },
  METADATA_TOO_LARGE: { status: 400, retryable: false },
  DEPTH_EXCEEDED: { status: 409, retryable: false },
  PARENT_NOT_LIVE: { status: 409, retryable: false },
  PARENT_REFUSED: { status: 409, retryable: false },
  PARENT_MISSING: { status: 409, retryable: false },
  PARENT_BAD: { status: 409, retryable: false },
  PARENT_CYCLE: { status: 400, retryable: false },
  ROW_DUPLICATE: { status: 400, retryable: false },
  BATCH_REFUSED: { status: 409, retryable: false },
  MOVE_INTO_ITSELF: { status: 409, retryable: false },
  MOVE_ACROSS_TREES: { status: 409, retryable: false },
  MOVE_OF_ROOT: { status: 409, retryable: false },
  HAS_LIVE_CHILDREN: { status: 409, retryable: false },
  PROTECTED: { status: 409, retryable: false },
  ALREADY_IN_STATE: { status: 409, retryable: false },
  VERSION_CONFLICT: { status: 409, retryable: false },
  PREVIEW_STALE: { status: 409, retryable: false },
  CAPS_OF_ROOT: { status: 409, retryable: false },
  LEVEL_UNKNOWN: { status: 400, retryable: false },
  RETENTION_RUNNING: { status: 409, retryable: false },
  NOT_CLOSED: { status: 409, retryable: false },
  SUSPENSION_INVALID: { status: 400, retryable: false },
  ACCOUNT_SUSPENDED: { status: 403, retryable: false },
  USAGE_SUSPENDED: { status: 503, retryable: true },
  ACCOUNT_CLOSED: { status: 409, retryable: false },
  FEATURE_NOT_ALLOWED: { status: 403, retryable: false },
  ORIGIN_NOT_LISTED: { status: 400, retryable: false },
  ROLE_TOO_HIGH: { status: 403, retryable: false },
  LAST_OWNER: { status: 409, retryable: false },
  ALREADY_MEMBER: { status: 409, retryable: false },
  ALREADY_CLAIMED: { status: 409, retryable: false },
  REAUTHENTICATION_REQUIRED: { status: 403, retryable: false },
  EVENT_CONFLICT: { status: 409, retryable: false },
  EVENT_TOO_OLD: { status: 400, retryable: false },
  EVENT_IN_FUTURE: { status: 400, retryable: false },
  QUANTITY_INVALID: { status: 400, retryable: false },
  METER_UNKNOWN: { status: 400, retryable: false },
  IDEMPOTENCY_CONFLICT: { status: 409, retryable: false },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, retryable: true },
  SECRET_SHOWN_ONCE: { status: 409, retryable: false },
  NOT_UNDOABLE: { status: 409, retryable: false },
  NOTHING_FAILED: { status: 409, retryable: false },
  LIMIT_REACHED: { status: 409, retryable: false },
  LIMIT_INVALID: { status: 400, retryable: false },
  LIMIT_PROMISED: { status: 409, retryable: false },
  RESERVE_UNAVAILABLE: { status: 409, retryable: false },
  LEASE_LOST: { status: 409, retryable: false },
  CURRENCY_UNKNOWN: { status: 400, retryable: false },
  PRICE_INVALID: { status: 400, retryable: false },
  TIERS_INVALID: { status: 400, retryable: false },
  MARKUP_IMPOSSIBLE: { status: 409, retryable: false },
  PARENT_BILLED: { status: 409, retryable: false },
  PLAN_UNAVAILABLE: { status: 409, retryable: false },
  PLAN_STALE: { status: 409, retryable: false },
  ASSIGNMENT_INVALID: { status: 400, retryable: false },
  ASSIGNMENT_OVERLAP: { status: 409, retryable: false },
  PERIOD_CLOSED: { status: 409, retryable: false },
  PERIOD_OPEN: { status: 409, retryable: false },
  CREDIT_TOO_HIGH: { status: 409, retryable: false },
  ALREADY_INDEPENDENT: { status: 409, retryable: false },
  NAME_MISMATCH: { status: 400, retryable: false },
  GRACE_OUT_OF_RANGE: { status: 400, retryable: false },
  ANCESTOR_TRANSFER: { status: 409, retryable: false },
  NESTED_TRANSFER: { status: 409, retryable: false },
  TRANSFER_IN_PROGRESS: { status: 409, retryable: false },
  TRANSFER_NOT_STARTED: { status: 409, retryable: false },
  TRANSFER_EXPIRED: { status: 409, retryable: false },
  STEPS_MISSING: { status: 409, retryable: false },
  TOO_LATE: { status: 409, retryable: false },
  DOCUMENT_INVALID: { status: 400, retryable: false },
  DOCUMENT_TOO_LARGE: { status: 400, retryable: false },
  REFERENCE_MISSING: { status: 409, retryable: false },
  NUMBER_IN_CALL: { status: 409, retryable: true },
  STILL_NEEDED: { status: 409, retryable: false },
  NOT_A_COPY: { status: 409, retryable: false },
  BLUEPRINT_INVALID: { status: 400, retryable: false },
  VARIABLE_INVALID: { status: 400, retryable: false },
  SECTION_TAKEN: { status: 409, retryable: false },
  NEEDS_DECISION: { status: 409, retryable: false },
  ROLLOUT_GOES_ON: { status: 409, retryable: false },
  ROLLOUT_ENDED: { status: 409, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A decision that says no: a stable code, a sentence a person can act on, and the input field it is about, if one. */
export type Refusal = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly field?: string;
  /** Id of what an earlier call made, where the refusal is about that. */
  readonly made?: string;
  /** Seconds after which trying again may help, where that is known. */
  readonly retryAfterSeconds?: number;
  /** Of a conflict of versions: what is there now, to be shown beside what was sent. */
  readonly present?: Present;
  /** Of a batch that is kept whole or not at all: what is refused of it, each with its position from 0. */
  readonly refusals?: readonly EntryRefusal[];
  /** Where a limit refuses: which one, and how much is free. */
  readonly limit?: LimitReached;
  /** Of a document: all that is wrong with it, each with its JSON pointer. Of a plan: all that became different, each with its account and product. */
  readonly faults?: readonly { readonly at: string; readonly message: string }[];
  /** What needs the product that was to be deleted, as far as whoever asks may know of it. */
  readonly users?: readonly { readonly id: string; readonly kind: string; readonly name: string }[];
};

/** What is there now instead of the version that somebody saw. */
export type Present =
  /** The caps of an account, or a preset, which has a name. */
  | { readonly version: number; readonly name?: string; readonly levels: Readonly<Record<string, string>> }
  /** A product, as far as whoever asks may read it. */
  | { readonly version: number; readonly document: { readonly [key: string]: JsonValue } }
  /** The limits that are at other versions, as they are now. */
  | {
      readonly limits: readonly {
        readonly kind: LimitKindKey;
        readonly version: number;
        readonly max: number | null;
        readonly reserve: number;
        readonly atLimit: AtLimit;
        readonly thresholds: readonly number[];
      }[];
    };

/** Why one entry of a batch is refused. */
export type EntryRefusal = Refusal & { readonly position: number };

/** Outcome of a decision: what is to be done, or why not. Expected outcomes are never thrown in the domain. */
export type Decision<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** A decision that says yes. */
export const accept = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** A decision that says no. */
export const refuse = (
  code: ErrorCode,
  message: string,
  field?: string,
): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal: field === undefined ? { code, message } : { code, message, field },
});
