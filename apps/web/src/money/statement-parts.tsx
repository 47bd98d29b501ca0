import type { StatementDetails } from '@tenantree/contract';
import css from '../parts/cards.module.css';
import { Card } from '../parts/cards.tsx';
import { Included } from './meter-facts.tsx';
import { amount, endWords, isNegative, pricedWords, quantityOf, startWords } from './words.ts';

/** What a statement comes to, and by which parts of its period. @param state such as `Frozen` */
export const StatementParts = ({ details, state }: { readonly details: StatementDetails; readonly state: string }) => (
  <Card title={amount(details.total)} aside={<span className={css.badge}>{state}</span>}>
    <dl className={`${css.in} ${css.facts}`}>
      {details.parts.map((part) => (
        <Part key={part.from} part={part} />
      ))}
      {details.late.minor !== '0' && (
        <>
          <dt>Late usage</dt>
          <dd>{amount(details.late)}</dd>
        </>
      )}
    </dl>
    {isNegative(details.total) && (
      <p className={`${css.in} ${css.quiet}`}>
        Below 0: more is taken back than was used. It is the customer’s to have back, and no later statement takes it
        off.
      </p>
    )}
  </Card>
);

const Part = ({ part: { from, to, book, fee, used } }: { readonly part: StatementDetails['parts'][number] }) => (
  <>
    <dt>
      {startWords(from)} – {endWords(to)}
    </dt>
    <dd>
      {book && (
        <div>
          <bdi>{book.name}</bdi> v{book.version}
        </div>
      )}
      <div>Fee {amount(fee)}</div>
      {used.map((one) => (
        <div key={one.meter}>
          {one.label}: {quantityOf(one.quantity, one.unit)}, <Included of={one.included} />, at{' '}
          {pricedWords({ ...one, price: one.prices[0] ?? null })}: {amount(one.amount)}
        </div>
      ))}
    </dd>
  </>
);
