import type { DocumentLine } from '@tenantree/contract';
import { Fragment, type ReactNode } from 'react';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Table } from '../parts/cards.tsx';
import { texts } from '../texts.ts';
import { amount, quantityOf } from './words.ts';

/**
 * The lines of an invoice or statement. Where there is little room the account, whose name each line says, has no column of its own.
 *
 * @param page where the page of the document is: below it are those of lines of late usage, with the events behind them; none: it is a draft
 * @param children rows of the foot: `Sum`
 */
export const LineTable = ({
  lines,
  page,
  children,
}: {
  readonly lines: readonly DocumentLine[];
  readonly page?: string;
  readonly children: ReactNode;
}) => (
  <div className={css.lines}>
    <Table label="Lines" columns={['What', 'Account', { figure: 'Quantity' }, { figure: 'Amount' }]}>
      <tbody>
        {lines.map((line) => (
          <tr key={line.n}>
            <th scope="row">
              {line.type === 'late' && page !== undefined ? (
                <Link href={`${page}/lines/${line.n}`}>{line.says}</Link>
              ) : (
                line.says
              )}
              <div className={`${css.quiet} ${css.narrow}`}>
                <Above names={line.account?.above ?? []} />
              </div>
            </th>
            <td>
              <bdi>{line.account ? (line.account.name ?? 'An account that is gone') : ''}</bdi>
              <div className={css.quiet}>
                <Above names={line.account?.above ?? []} />
              </div>
            </td>
            <td className={css.number}>{line.quantity === null ? '' : quantityOf(line.quantity, line.unit ?? '')}</td>
            <td className={css.number}>{amount(line.amount)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>{children}</tfoot>
    </Table>
  </div>
);

/** How many lines there are, in words. */
export const linesWords = (count: number): string => (count === 1 ? '1 line' : `${texts.numbers.whole(count)} lines`);

/** The way down to an account; each name runs its own way. */
const Above = ({ names }: { readonly names: readonly (string | null)[] }) =>
  names.map((name, depth) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: two on the way may be called the same
    <Fragment key={depth}>
      {depth > 0 && ' › '}
      <bdi>{name ?? '…'}</bdi>
    </Fragment>
  ));

/** What lines come to, below them. */
export const Sum = ({ label, value }: { readonly label: string; readonly value: DocumentLine['amount'] }) => (
  <tr>
    <th scope="row">{label}</th>
    <td className={css.number} />
    <td className={css.number} />
    <td className={css.number}>{amount(value)}</td>
  </tr>
);
