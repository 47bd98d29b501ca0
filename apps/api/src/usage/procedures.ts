import { METERS, type MeterKey, type SentEvent } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, batchProcedure, router } from '../guard/procedure.ts';
import * as inputs from '../hall/inputs.ts';
import { adjustUsage } from './adjust-usage.ts';
import { exportSeries, usageOfPeriod, usageSeries } from './read-usage.ts';
import { recordEvents } from './record-events.ts';
import { watchUsage } from './usage-channel.ts';

const MOST_EVENTS = 5_000;

const meter = z.enum(METERS.map(({ key }) => key) as [MeterKey, ...MeterKey[]]).default('call.minutes');
const event = {
  meter: z.string().max(100),
  quantity: z.string().max(80),
  occurredAt: z.string().max(80),
  idempotencyKey: z.string().max(400),
  attributes: z.record(z.string().max(100), z.union([z.string().max(1_000), z.number(), z.boolean()])).optional(),
};
/** Typed for those who send it, and nothing more: each entry is read by itself, so that a bad one never loses the others (product.md 5.1). */
const sentEvent = z.custom<SentEvent>().transform((entry): unknown => entry);
const series = z.strictObject({
  account: inputs.account,
  meter,
  from: inputs.rangeEnd,
  to: inputs.rangeEnd,
  bucket: z.enum(['hour', 'day', 'month']),
  timeZone: z.string().max(100).default('UTC'),
  scope: z.enum(['own', 'total']),
  by: z.enum(['none', 'account', 'agent']).default('none'),
});

export const usageRouter = router({
  record: batchProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        events: z.array(sentEvent).min(1).max(MOST_EVENTS),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const results = await recordEvents(ctx.hall, ctx.access, input.events);
      return { results, accepted: results.filter(({ status }) => status === 'accepted').length };
    }),

  adjust: accountProcedure
    .input(z.strictObject({ account: inputs.account, ...event, reason: inputs.line(1_000) }))
    .mutation(({ ctx, input }) => adjustUsage(ctx.hall, ctx.caller, ctx.access, input)),

  totals: accountProcedure
    .input(z.strictObject({ account: inputs.account, meter, period: z.string().max(20).optional() }))
    .query(({ ctx, input }) => usageOfPeriod(ctx.hall, ctx.access.id, input.meter, input.period)),

  series: accountProcedure
    .input(series)
    .query(async ({ ctx, input }) => ({ points: await usageSeries(ctx.hall, { ...input, account: ctx.access.id }) })),

  export: accountProcedure
    .input(series)
    .query(({ ctx, input }) => exportSeries(ctx.hall, { ...input, account: ctx.access.id })),

  live: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        accounts: inputs.watched.optional(),
        lastEventId: z.string().max(80).optional(),
      }),
    )
    .subscription(({ ctx, input, signal }) => watchUsage(ctx, input.accounts, input.lastEventId, signal)),
});
