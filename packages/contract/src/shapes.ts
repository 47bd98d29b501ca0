import {
  type AccountId,
  type AccountLabel,
  type AccountRow,
  type Decimal,
  ERROR_CODES,
  type ErrorCode,
  type Instant,
  type JsonValue,
  type Level,
  type Metadata,
  PERMISSIONS,
  type PermissionKey,
  ROLES,
  type RowId,
  SUSPENSION_KINDS,
  type UserId,
} from '@tenantree/domain';
import { z } from 'zod';

/** Text of a form that the domain has a name for. This is where such text comes in, so it is named here. */
const named = <Name extends string>(schema: z.ZodString): z.ZodType<Name, Name> =>
  schema as z.ZodType<string, string> as z.ZodType<Name, Name>;

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DECIMAL = /^-?\d+(\.\d{1,9})?$/;

/** An id. */
export const id = <Id extends string>(): z.ZodType<Id, Id> => named<Id>(z.string().regex(ID));
export const accountId = id<AccountId>();
export const userId = id<UserId>();
export const rowId = id<RowId>();

/** An instant in UTC, with milliseconds. */
export const instant = named<Instant>(z.string().regex(INSTANT));
/** A decimal number as text. */
export const decimal = named<Decimal>(z.string().regex(DECIMAL));
/** An amount of money: whole minor units of a currency, as text, and how many digits those stand after the point. */
export const money = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/),
  exponent: z.number().int().min(0).max(4),
  minor: z.string().regex(/^-?\d+$/),
});
/** A card as far as it is shown. */
export const card = z.strictObject({
  brand: z.string(),
  last4: z.string(),
  expMonth: z.number().int(),
  expYear: z.number().int(),
});
/** How many. */
export const count = z.number().int().min(0);
export const role = z.enum(ROLES);
export const permissionKey = z.enum(PERMISSIONS.map(({ key }) => key) as [PermissionKey, ...PermissionKey[]]);
export const level = z.enum(['none', 'read', 'limited', 'full'] satisfies Level[]);

export const errorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

/** A list that nobody changes. */
export const list = <T extends z.core.$ZodType>(item: T): z.ZodReadonly<z.ZodArray<T>> => z.array(item).readonly();

/** Of an account itself, and of its whole subtree with it. */
export const ownAndTotal = <T extends z.core.$ZodType>(one: T) => z.strictObject({ own: one, total: one });

/** Anything that JSON can say. */
export const json: z.ZodType<JsonValue, JsonValue> = z.json();
export const metadata: z.ZodType<Metadata> = z.record(z.string(), json);

/** Why one entry of a batch is refused. */
export const entryRefused = {
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  field: z.string().exactOptional(),
  /** Whether the same entry can be taken later: keep it then, and send it again. */
  retryable: z.boolean(),
};

/** An account by name, as in paths and lists. */
export const accountName: z.ZodType<AccountLabel> = z.strictObject({ id: accountId, name: z.string() });

const suspension = z.strictObject({
  kind: z.enum(SUSPENSION_KINDS),
  from: instant.nullable(),
  until: instant.nullable(),
  reason: z.string().nullable(),
});

/** One row of the subaccounts table, with fields that are said otherwise. */
const rowFields = {
  id: accountId,
  parentId: accountId.nullable(),
  externalId: z.string().nullable(),
  name: z.string(),
  depth: count.nullable(),
  status: z.enum(['active', 'suspended', 'closed']),
  suspension: suspension.nullable(),
  protected: z.boolean(),
  billingMode: z.enum(['parent', 'direct']),
  transferUntil: instant.nullable(),
  children: count,
  subaccounts: count,
  members: ownAndTotal(count),
  agents: ownAndTotal(count),
  minutes: ownAndTotal(decimal).nullable(),
  caps: z.strictObject({ restricted: count, unreviewed: count }).nullable(),
  minutesMax: decimal.nullable(),
  createdAt: instant,
  closedAt: instant.nullable(),
} satisfies { readonly [Field in keyof AccountRow]: z.core.$ZodType<AccountRow[Field]> };

/** The row of an account, and what more a procedure tells of it. */
export const rowWith = <More extends z.core.$ZodLooseShape>(more: More) => z.strictObject({ ...rowFields, ...more });
/** The row of an account. */
export const accountRow: z.ZodType<AccountRow> = z.strictObject(rowFields);

/** A page of a listing: `nextCursor` leads to the next one; null: this is the last. */
export const pageOf = <T extends z.core.$ZodType>(row: T) =>
  z.strictObject({ rows: list(row), nextCursor: z.string().nullable() });

/** Why something was refused that nobody waited for. */
export const refusal = z.strictObject({
  code: errorCode,
  message: z.string(),
  field: z.string().exactOptional(),
  made: z.string().exactOptional(),
  retryAfterSeconds: count.exactOptional(),
});

/** Of procedures that only do. */
export const done = z.strictObject({});

/** A part of a file that a job wrote; of a PDF, which has one part, in base64. */
export const filePart = z.strictObject({ filename: z.string(), type: z.enum(['csv', 'pdf']), content: z.string() });

/** A file of comma-separated values. */
export const csvFile = z.strictObject({ filename: z.string(), csv: z.string() });

/** Where live changes go on after an answer: whoever passes it as `lastEventId` misses nothing that came after what was read. */
export const resumeId = z.string();

/** What every frame may say: that what is shown beyond it has to be read again. */
export const frameBounds = { version: count, gap: z.literal(true).exactOptional() };
