import type { DetailedInvoice } from '@tenantree/contract';
import { Fragment } from 'react';
import { amount, price, pricedWords, quantity, quantityOf } from './words.ts';

/** What each meter came to as a whole and at which price, before it was split over lines: for a list of facts. */
export const MeterFacts = ({ used }: { readonly used: DetailedInvoice['used'] }) =>
  used.map((one) => (
    <Fragment key={one.meter}>
      <dt>{one.label}</dt>
      <dd>
        {quantityOf(one.quantity, one.unit)}, <Included of={one.included} />, at {pricedWords(one)}:{' '}
        {amount(one.amount)}, shared out by quantity
      </dd>
    </Fragment>
  ));

/** How much comes with a fee: as people read it, with all of its digits for whoever points at it. */
export const Included = ({ of }: { readonly of: string }) => <span title={price(of)}>{quantity(of)} included</span>;
