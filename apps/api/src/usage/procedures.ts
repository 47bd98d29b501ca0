import type { Handlers } from '../guard/procedure.ts';
import { adjustUsage } from './adjust-usage.ts';
import { exportSeries, usageOfPeriod, usageSeries } from './read-usage.ts';
import { recordEvents } from './record-events.ts';
import { watchUsage } from './usage-channel.ts';

export const usage: Handlers<'usage'> = {
  record: async ({ ctx, input }) => {
    const results = await recordEvents(ctx.hall, ctx.access, input.events);
    return { results, accepted: results.filter(({ status }) => status === 'accepted').length };
  },

  adjust: ({ ctx, input }) => adjustUsage(ctx.hall, ctx.caller, ctx.access, input),

  totals: ({ ctx, input }) => usageOfPeriod(ctx.hall, ctx.access.id, input.meter, input.period),

  series: async ({ ctx, input }) => ({ points: await usageSeries(ctx.hall, { ...input, account: ctx.access.id }) }),

  export: ({ ctx, input }) => exportSeries(ctx.hall, { ...input, account: ctx.access.id }),

  live: ({ ctx, input, signal }) => watchUsage(ctx, input.accounts, input.lastEventId, signal),
};
