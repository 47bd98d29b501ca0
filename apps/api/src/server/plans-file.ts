import { readFile } from 'node:fs/promises';
import type { OfferedPlan } from '@tenantree/db';
import { LONGEST_ADDRESS, MOST_ADDRESS_LINES, type PlanInput, parsePlan, quoted } from '@tenantree/domain';
import { z } from 'zod';
import type { InvoiceSender } from '../hall/hall.ts';

/** What a deployment sells, and who it is on invoices (docs/operators.md). */
export type PlansFile = { readonly sender: InvoiceSender | null; readonly plans: readonly OfferedPlan[] };

const tiers = z.array(z.strictObject({ upTo: z.string().nullable(), price: z.string(), fee: z.string().optional() }));
const more = { included: z.string().optional(), increments: z.string().optional() };
const rates = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('flat'), price: z.string(), ...more }),
  z.strictObject({ model: z.enum(['graduated', 'volume']), tiers, ...more }),
  z.strictObject({ model: z.literal('package'), size: z.string(), price: z.string(), ...more }),
]);
const terms = {
  currency: z.string(),
  monthlyFee: z.string(),
  meters: z.record(z.string(), rates),
  concurrent: z.number().nullable().default(null),
  subaccounts: z.enum(['included', 'none']).default('included'),
  countries: z.array(z.string()).nullable().optional(),
};
const plan = z
  .strictObject({ id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,49}$/), name: z.string().min(1).max(100), ...terms })
  .transform(({ id, name, ...terms }): OfferedPlan => ({ id, name, terms }));
const sender = z.strictObject({
  name: z.string().min(1).max(200),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .nullable()
    .default(null),
  address: z.array(z.string().max(LONGEST_ADDRESS)).max(MOST_ADDRESS_LINES).default([]),
  taxId: z.string().max(40).nullable().default(null),
  howToPay: z.string().min(1).max(500).nullable().default(null),
});
const file = z.strictObject({ sender: sender.nullable().default(null), plans: z.array(plan).max(100) });

/**
 * Reads the file of plans; without one there are samples.
 *
 * @throws Error whose message says what is wrong with the file, to be read behind its name
 */
export async function readPlansFile(path: string | undefined): Promise<PlansFile> {
  if (path === undefined) return SAMPLE_PLANS;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`can't be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  return parsePlansFile(text);
}

/** Reads the text of such a file. @throws Error as above */
export function parsePlansFile(text: string): PlansFile {
  const parsed = file.safeParse(jsonOf(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`is no file of plans: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const seen = new Set<string>();
  for (const { id, terms } of parsed.data.plans) {
    if (seen.has(id)) throw new Error(`names the plan ${quoted(id)} twice`);
    seen.add(id);
    const read = parsePlan(terms);
    if (!read.ok) {
      const { field, message } = read.refusal;
      throw new Error(
        `has a plan ${quoted(id)} that can't be sold: ${field === undefined ? '' : `${field}: `}${message}`,
      );
    }
  }
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

const sample = (
  id: string,
  name: string,
  terms: Pick<PlanInput, 'monthlyFee' | 'meters' | 'subaccounts' | 'concurrent'>,
): OfferedPlan => ({
  id,
  name,
  terms: { currency: 'EUR', countries: null, ...terms },
});

/** What is offered where the operator says nothing: to look at, and to be replaced. */
export const SAMPLE_PLANS: PlansFile = {
  sender: null,
  plans: [
    sample('start', 'Start', {
      monthlyFee: '0',
      meters: { 'call.minutes': { model: 'flat', price: '0.12' } },
      subaccounts: 'included',
      concurrent: 2,
    }),
    sample('business', 'Business', {
      monthlyFee: '49',
      meters: {
        'call.minutes': { model: 'flat', price: '0.079', included: '500' },
        messages: { model: 'flat', price: '0.01' },
      },
      subaccounts: 'included',
      concurrent: 20,
    }),
    sample('agency', 'Agency', {
      monthlyFee: '199',
      meters: {
        'call.minutes': {
          model: 'graduated',
          included: '3000',
          tiers: [
            { upTo: '10000', price: '0.07' },
            { upTo: '50000', price: '0.06' },
            { upTo: null, price: '0.05' },
          ],
        },
        messages: { model: 'package', size: '100', price: '0.8' },
      },
      subaccounts: 'included',
      concurrent: null,
    }),
  ],
};
