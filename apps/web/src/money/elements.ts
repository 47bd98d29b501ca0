import { createComponent, type EventName } from '@lit/react';
import { refusalOf } from '@tenantree/client';
import type { TransferView } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { SourceRefusal } from '@tenantree/widget';
import { type BillingSource, billingFrom, defineMoney, SamBars, SamBilling } from '@tenantree/widget/money';
import { defineRooms, type SamEvents } from '@tenantree/widget/rooms';
import React from 'react';
import { navigate } from 'wouter/use-browser-location';
import { tenantree } from '../server.ts';
import { prove } from '../session/prove.ts';

defineRooms();
defineMoney();

/** Billing of an account: the element that the detail of an account shows, too. */
export const Billing = createComponent({
  react: React,
  tagName: 'sam-billing',
  elementClass: SamBilling,
  events: {
    onChanged: 'sam-change' as EventName<CustomEvent>,
    onShow: 'sam-show' as EventName<CustomEvent<SamEvents['sam-show']>>,
  },
});

/** Bars over time. */
export const Chart = createComponent({ react: React, tagName: 'sam-bars', elementClass: SamBars });

const { transfers } = tenantree.trpc;

const refused = (error: unknown): never => {
  throw new SourceRefusal(refusalOf(error));
};

/** Chooses how an account in a transfer will pay; what a provider needs to know is asked in its own form. */
async function setPayment(account: AccountId, provider: string): Promise<TransferView> {
  const { state, form } = await transfers.setPayment.mutate({ account, provider });
  if (!form) return state;
  const { payByForm } = await import('./pay-dialog.ts');
  await payByForm(form);
  return transfers.checkPayment.mutate({ account });
}

/** Billing from the server; before a transfer starts, the password may be asked for once more. */
export const billingSource: BillingSource = {
  ...billingFrom(tenantree),
  openStatement: (seller, statement) => navigate(`/a/${seller}/rebilling/statements/${statement}`),
  openDeparture: (from, departure) => navigate(`/a/${from}/billing/departures/${from}/${departure}`),
  start: (account, order) => prove(() => transfers.start.mutate({ account, ...order })).catch(refused),
  setPayment: (account, provider) => setPayment(account, provider).catch(refused),
};
