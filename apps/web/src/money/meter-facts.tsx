import type { DetailedInvoice } from '@tenantree/contract';
import { Fragment } from 'react';
import { amount, price, quantityOf } from './words.ts';

/** What each meter came to as a whole, before it was split over lines: for a list of facts. */
export const MeterFacts = ({ used }: { readonly used: DetailedInvoice['used'] }) =>
  used.map((one) => (
    <Fragment key={one.meter}>
      <dt>{one.label}</dt>
      <dd>
        {quantityOf(one.quantity, one.unit)}, {price(one.included)} included: {amount(one.amount)}, shared out by
        quantity
      </dd>
    </Fragment>
  ));
