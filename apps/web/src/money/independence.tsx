import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Card } from '../parts/cards.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';

/** Of an account that left those above it in the last 30 days: since when, and who pays for what. Nothing of others. */
export function Independence({ account }: { readonly account: string }) {
  const { data } = useQuery({
    queryKey: ['transfer-of', account],
    queryFn: () => tenantree.trpc.transfers.get.query({ account }),
    retry: false,
  });
  const transfer = data?.transfer;
  if (!transfer?.endedAt || data?.stage !== 'independent') return null;
  const { endedAt, agency } = transfer;
  return (
    <Card title="Independent account" aside={<span className={css.badge}>Billing transfer completed</span>}>
      <dl className={`${css.in} ${css.facts}`}>
        <dt>Since</dt>
        <dd>
          {texts.numbers.dateTime(endedAt)} ({endedAt.slice(11, 23)} UTC)
        </dd>
        <dt>Used before</dt>
        <dd>Is paid by whoever paid then, also what is recorded later.</dd>
        <dt>Used from then on</dt>
        <dd>Is on the invoices of this account.</dd>
        <dt>Agency access</dt>
        <dd>
          {agency === 'ended' ? (
            'Nobody from above kept access.'
          ) : (
            <>
              Owners and admins from above were invited as agency admins.{' '}
              <Link href={`/a/${account}/members`}>See who has access, and end it</Link>
            </>
          )}
        </dd>
      </dl>
    </Card>
  );
}
