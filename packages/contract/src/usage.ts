import { METERS, type MeterKey, type SentEvent, type UsageFrame } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import {
  type AnswerOf,
  fromSeller,
  inAccount,
  mutation,
  PEOPLE_AND_KEYS,
  query,
  screensFor,
  subscription,
} from './procedure.ts';
import * as shapes from './shapes.ts';

const MOST_EVENTS = 5_000;

const meter = z.enum(METERS.map(({ key }) => key) as [MeterKey, ...MeterKey[]]).default('call.minutes');
const event = {
  meter: z
    .string()
    .max(100)
    .meta({ examples: METERS.map(({ key }) => key) }),
  quantity: z
    .string()
    .max(40)
    .meta({ examples: ['12.5'] }),
  occurredAt: inputs.instantText,
  idempotencyKey: z.string().max(400),
  attributes: z.record(z.string().max(100), z.union([z.string().max(1_000), z.number(), z.boolean()])).optional(),
};
/** Typed for those who send it, and nothing more: each entry is read by itself, so that a bad one never loses the others (rules/usage 2). */
const sentEvent = z.unknown().meta({
  ...z.toJSONSchema(
    z.strictObject({ account: inputs.account.optional(), ...event, grant: z.string().max(200).optional() }),
  ),
  $schema: undefined,
}) as z.ZodType<unknown, SentEvent>;

const result = z.union([
  z.strictObject({
    status: z.enum(['accepted', 'duplicate']),
    /** It counts, and came in when a maximum was used up already, or is more than what was granted to it. */
    overLimit: z.literal(true).optional(),
  }),
  z.strictObject({
    status: z.enum(['conflict', 'refused']),
    ...shapes.entryRefused,
  }),
]);

const askedSeries = z.strictObject({
  account: inputs.account,
  meter,
  from: inputs.rangeEnd,
  to: inputs.rangeEnd,
  bucket: z.enum(['hour', 'day', 'month']),
  timeZone: z.string().max(100).default('UTC'),
  scope: z.enum(['own', 'total']),
  by: z.enum(['none', 'account', 'agent']).default('none'),
});

const usageOfPeriod = z.strictObject({
  period: z.strictObject({ key: z.string(), start: shapes.instant, end: shapes.instant }),
  own: shapes.decimal,
  total: shapes.decimal,
  events: shapes.ownAndTotal(shapes.count),
  /** What the period will end with at the present pace. */
  forecast: shapes.ownAndTotal(shapes.decimal),
});

const point = z.strictObject({
  start: shapes.instant,
  /** The account or agent where the series is divided; null where it isn't, or nobody is named. */
  key: z.string().nullable(),
  quantity: shapes.decimal,
});

const usageFrame: z.core.$ZodType<UsageFrame> = z.strictObject({
  ...shapes.frameBounds,
  period: shapes.instant,
  minutes: shapes.list(z.tuple([shapes.accountId, shapes.decimal, shapes.decimal]).readonly()),
});
export const usage = {
  record: mutation({
    says: 'Records usage events, each of which is accepted or refused by itself.',
    needs: inAccount('billing.usage', 'full', 'usage', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, events: z.array(sentEvent).min(1).max(MOST_EVENTS) }),
    output: z.strictObject({ results: shapes.list(result), accepted: shapes.count }),
    refusals: ['USAGE_SUSPENDED'],
    reads: 'one by one',
  }),

  adjust: mutation({
    says: 'Corrects recorded usage by an event of its own, with a reason.',
    needs: fromSeller('billing', 'full', 'change', PEOPLE_AND_KEYS),
    input: z.strictObject({ account: inputs.account, ...event, reason: inputs.line(1_000) }),
    output: z.strictObject({ status: z.enum(['accepted', 'duplicate']) }),
    refusals: ['EVENT_CONFLICT', 'EVENT_TOO_OLD', 'EVENT_IN_FUTURE', 'QUANTITY_INVALID', 'METER_UNKNOWN'],
  }),

  totals: query({
    says: 'The account’s usage of a month, its own and that of its subtree, with what it will end with.',
    needs: inAccount('billing.usage', 'full', 'read', screensFor('usage')),
    input: z.strictObject({ account: inputs.account, meter, period: z.string().max(20).optional() }),
    output: usageOfPeriod,
  }),

  series: query({
    says: 'Usage over time, in hours, days or months of a time zone.',
    needs: inAccount('billing.usage', 'full', 'read', screensFor('usage')),
    input: askedSeries,
    output: z.strictObject({ points: shapes.list(point) }),
  }),

  export: query({
    says: 'The same series as CSV.',
    needs: inAccount('billing.usage', 'full', 'read', screensFor('usage')),
    input: askedSeries,
    output: shapes.csvFile,
  }),

  live: subscription({
    says: 'The minutes of the subtree, or of some of its accounts, as they change.',
    needs: inAccount('billing.usage', 'full', 'read', screensFor('usage')),
    input: z.strictObject({
      account: inputs.account,
      accounts: inputs.watched.optional(),
      /** Whether accounts that are not below the account are refused when it begins, or show nothing until they come back. */
      gone: z.enum(['refuse', 'await']).optional(),
      lastEventId: inputs.lastEventId,
    }),
    output: usageFrame,
  }),
};

/** What became of one event of a batch (rules/usage 2). */
export type EventResult = AnswerOf<typeof usage.record>['results'][number];
export type UsageOfPeriod = AnswerOf<typeof usage.totals>;
