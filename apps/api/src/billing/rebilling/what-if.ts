import type { BookTermsInput, WhatIf } from '@tenantree/contract';
import { readCustomerName, type TenantTransaction } from '@tenantree/db';
import { type AccountId, type BillingPeriod, type Currency, marginOf, type RowId } from '@tenantree/domain';
import type { Access } from '../../guard/admit.ts';
import { type Hall, nowOf } from '../../hall/hall.ts';
import { granted, refuseWith } from '../../hall/refused.ts';
import { shownMoney } from '../shown-plan.ts';
import { readCosts } from './margins.ts';
import { type RatedPeriod, ratePeriod, sumOf } from './rate-period.ts';
import { shownDetails } from './read-statements.ts';
import { findVersion, readBookTerms } from './save-book.ts';

/** Which book is supposed: one that is stored, or terms that are not. */
export type Supposed = {
  readonly book?: { readonly id: RowId; readonly version: number } | undefined;
  readonly terms?: BookTermsInput | undefined;
};

/** What a period of a customer comes to with another book over all of it, by what was counted until now. Nothing is written. @throws Refused */
export async function supposeBook(
  hall: Hall,
  access: Access,
  of: { readonly customer: AccountId; readonly period: BillingPeriod },
  supposed: Supposed,
): Promise<WhatIf> {
  if ((supposed.book === undefined) === (supposed.terms === undefined))
    refuseWith('BAD_REQUEST', 'Say which book: one of yours, or terms.', 'book');
  const { usageMaxAgeDays } = hall.settings;
  const whose = { seller: access.id, ...of };
  const { name, present, other } = await hall.db.withTenant(
    access.id,
    async (trx) => {
      const present = await ratePeriod(trx, whose, usageMaxAgeDays);
      const held = {
        book: await supposedBook(hall, trx, access.id, supposed),
        from: of.period.start,
        to: of.period.end,
      };
      const other = granted(await ratePeriod(trx, whose, usageMaxAgeDays, [held]));
      if (!other) throw new Error('a book over all of a period holds for some of it');
      return { name: await readCustomerName(trx, of.customer), present: present.ok ? present.value : null, other };
    },
    { snapshot: true },
  );
  const { paid } = await readCosts(hall, access, of.period);
  const cost = paid && {
    currency: paid.currency,
    minor: paid.shares.reduce((sum, one) => (one.below === of.customer ? sum + one.amount : sum), 0n),
  };
  // Terms that aren't saved are no book.
  const details = (rated: RatedPeriod, reader: 'seller' | 'customer') =>
    shownDetails(hall, reader, { period: of.period, currency: rated.currency, parts: rated.parts }, 0n);
  return {
    customer: { id: of.customer, name },
    present: present && details(present, 'seller'),
    supposed: details(other, supposed.book ? 'seller' : 'customer'),
    cost: cost && shownMoney(cost.currency, cost.minor),
    margins: { present: present && marginWith(cost, present), supposed: marginWith(cost, other) },
  };
}

function marginWith(
  cost: { readonly currency: Currency; readonly minor: bigint } | null,
  { currency, parts }: RatedPeriod,
): WhatIf['margins']['supposed'] {
  if (cost?.currency.code !== currency.code) return null;
  const { amount, percent } = marginOf(sumOf(parts), cost.minor);
  return { amount: shownMoney(currency, amount), percent };
}

async function supposedBook(hall: Hall, trx: TenantTransaction, seller: AccountId, { book, terms }: Supposed) {
  if (book) return findVersion(trx, seller, book.id, book.version);
  if (!terms) throw new Error('one of the two was said');
  readBookTerms(terms);
  return { id: hall.newId(), version: 0, name: '', terms, savedAt: nowOf(hall) };
}
