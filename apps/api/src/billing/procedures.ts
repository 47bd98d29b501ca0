import { readAccountState, readPayerAt } from '@tenantree/db';
import type { Handlers } from '../guard/procedure.ts';
import { nowOf } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { checkPayerMethod, setPayerMethod } from '../payments/payer.ts';
import { unlessAway } from '../payments/payments.ts';
import { billingOf, readBilling } from './read-billing.ts';
import { choosePlan, plansFor, refuseParentBilled, setBillingDetails } from './subscribe.ts';

export const billing: Handlers<'billing'> = {
  get: ({ ctx }) => billingOf(ctx.hall, ctx.access),

  plans: ({ ctx: { hall, access } }) =>
    hall.db.withTenant(
      access.id,
      async (trx) => {
        const account =
          (await readAccountState(trx, access.id)) ?? refuseWith('NOT_FOUND', 'There is no such account.', 'account');
        return { plans: await plansFor(trx, account, nowOf(hall)) };
      },
      { snapshot: true },
    ),

  subscribe: ({ ctx: { hall, caller, access }, input: { plan, version } }) =>
    hall.change(caller, { root: access.root, acting: access.id }, async (scope) => {
      await choosePlan(scope, access.id, { plan, version });
      return readBilling(hall, scope.trx, access, scope.now);
    }),

  setDetails: ({ ctx: { hall, caller, access }, input: { country, name, address, taxId, version } }) =>
    hall.change(caller, { root: access.root, acting: access.id }, async (scope) => ({
      details: await setBillingDetails(scope, access.id, { country, name, address, taxId, version }),
    })),

  setPayment: async ({ ctx: { hall, caller, access }, input: { provider } }) => {
    refuseParentBilled({ name: access.name, billingMode: access.parent === null ? 'direct' : 'parent' });
    const form = await setPayerMethod(hall, caller, access, provider);
    return { state: await billingOf(hall, access), form };
  },

  checkPayment: async ({ ctx: { hall, caller, access } }) => {
    refuseParentBilled({ name: access.name, billingMode: access.parent === null ? 'direct' : 'parent' });
    await unlessAway(checkPayerMethod(hall, caller, access));
    return billingOf(hall, access);
  },

  payerAt: ({ ctx: { hall, access }, input }) =>
    hall.db.withTenant(
      access.id,
      async (trx) => {
        const at = input.at ?? nowOf(hall);
        const found = await readPayerAt(trx, access.id, at);
        if (!found) return { at, by: 'nobody', payer: null };
        if (found.payer === access.id) return { at, by: 'itself', payer: { id: access.id, name: access.name } };
        const isReached = access.reached.includes(found.payer);
        const link = access.chain.find(({ id }) => id === found.payer);
        return isReached && link
          ? { at, by: 'account', payer: { id: link.id, name: link.name } }
          : { at, by: 'above', payer: null };
      },
      { snapshot: true },
    ),
};
