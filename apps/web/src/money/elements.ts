import { createComponent, type EventName } from '@lit/react';
import { refusalOf } from '@tenantree/client';
import { SourceRefusal } from '@tenantree/widget';
import { type BillingSource, billingFrom, defineMoney, SamBars, SamBilling } from '@tenantree/widget/money';
import { defineRooms, type SamEvents } from '@tenantree/widget/rooms';
import React from 'react';
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

/** Billing from the server; before a transfer starts, the password may be asked for once more. */
export const billingSource: BillingSource = {
  ...billingFrom(tenantree),
  start: (account, order) =>
    prove(() => tenantree.trpc.transfers.start.mutate({ account, ...order })).catch((error: unknown) => {
      throw new SourceRefusal(refusalOf(error));
    }),
};
