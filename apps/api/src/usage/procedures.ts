import type { AnswerOf, Contract, EventResult } from '@tenantree/contract';
import { z } from 'zod';
import { briefRefusal, longAnswer, refusedThen } from '../guard/long-answer.ts';
import type { Handlers } from '../guard/procedure.ts';
import { adjustUsage } from './adjust-usage.ts';
import { exportSeries, usageOfPeriod, usageSeries } from './read-usage.ts';
import { recordEvents } from './record-events.ts';
import { watchUsage } from './usage-channel.ts';

type Recorded = AnswerOf<Contract['usage']['record']>;

const answerOf = (results: readonly EventResult[]): Recorded => ({
  results,
  accepted: results.filter(({ status }) => status === 'accepted').length,
});

const taken = z.strictObject({ status: z.enum(['accepted', 'duplicate']) });
const refused = z
  .tuple([z.enum(['conflict', 'refused']), refusedThen])
  .transform(([status, refusal]): EventResult => ({ status, ...refusal }));

/** Events have no ids in the answer. Of thousands most have the same result: each is kept once, and which of them every event has. */
const recorded = longAnswer({
  kept: z.strictObject({ results: z.array(z.union([taken, refused])), of: z.array(z.number()) }),
  brief: ({ results }: Recorded) => {
    const briefs = results.map((result): z.input<typeof taken> | z.input<typeof refused> =>
      'code' in result ? [result.status, briefRefusal(result)] : result,
    );
    const texts = briefs.map((brief) => JSON.stringify(brief));
    const distinct = [...new Set(texts)];
    const places = new Map(distinct.map((text, place) => [text, place]));
    return {
      results: distinct.map((text) => briefs[texts.indexOf(text)]!),
      of: texts.map((text) => places.get(text)!),
    };
  },
  again: (_, { results, of }) => answerOf(of.map((place) => results[place]!)),
});

export const usage: Handlers<'usage'> = {
  record: {
    does: async ({ ctx, input }) => answerOf(await recordEvents(ctx.hall, ctx.access, input.events)),
    long: recorded,
  },

  adjust: ({ ctx, input }) => adjustUsage(ctx.hall, ctx.caller, ctx.access, input),

  totals: ({ ctx, input }) => usageOfPeriod(ctx.hall, ctx.access.id, input.meter, input.period),

  series: async ({ ctx, input }) => ({ points: await usageSeries(ctx.hall, { ...input, account: ctx.access.id }) }),

  export: ({ ctx, input }) => exportSeries(ctx.hall, { ...input, account: ctx.access.id }),

  live: ({ ctx, input, signal }) => watchUsage(ctx, input, signal),
};
