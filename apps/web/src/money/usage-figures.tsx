import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { UsageOfPeriod } from '@tenantree/contract';
import type { Decimal, MeterKey } from '@tenantree/domain';
import { monthWords } from '@tenantree/widget/money';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Tile } from '../parts/cards.tsx';
import { Loaded } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { minus, type Point, sumOf, ZERO } from './daily-chart.ts';
import { monthAfter } from './turn-period.tsx';
import { amount, quantity, roughly } from './words.ts';

const { accounts, billing, usage } = tenantree.trpc;

/** Minutes, however they are shown: by maximums of those accounts are listed. */
const isMinutes = (meter: MeterKey): boolean => meter === 'call.minutes' || meter === 'call.seconds';

/** What is asked of the usage of an account and of all below it. */
type OfTime = {
  readonly account: string;
  readonly meter: MeterKey;
  readonly from: string;
  readonly to: string;
};

/** What each account, or agent, used of a meter, those with most first: of what isn’t named nothing. */
export const useUsers = ({ account, meter, from, to }: OfTime, by: 'account' | 'agent') =>
  useQuery({
    queryKey: ['usage-most', account, meter, by, from, to],
    queryFn: async () => {
      const asked = { account, meter, from, to, bucket: 'month', scope: 'total', by } as const;
      return users((await usage.series.query(asked)).points);
    },
    placeholderData: keepPreviousData,
  });

/** How many accounts used something, of those that are there now. */
function Users({ more, ...of }: OfTime & { readonly more?: ReactNode }) {
  const found = useUsers(of, 'account').data;
  const acting = useAccount(of.account).data;
  return (
    <Tile
      label="Accounts with usage"
      value={found ? texts.numbers.whole(found.length) : '…'}
      note={
        <>
          {acting && `of ${texts.numbers.whole(acting.subaccounts + 1)}`}
          {more}
        </>
      }
    />
  );
}

/** How many accounts below have used all of a maximum of minutes of their own, and a way to them; nothing where none has. */
function AtLimit({ account }: Pick<OfTime, 'account'>) {
  const { data } = useQuery({
    queryKey: ['usage-at-limit', account],
    queryFn: () => accounts.search.query({ account, limits: 'full', limit: 1 }),
    retry: false,
  });
  if (!data?.total) return null;
  return (
    <>
      {' · '}
      <Link href={`/a/${account}/subaccounts?limits=full`}>
        {`${texts.numbers.whole(data.total)}${data.more ? ' or more' : ''} at their limit`}
      </Link>
    </>
  );
}

/** All that was used in some days. */
function InAll({ account, meter, from, to }: OfTime) {
  const { data } = useQuery({
    queryKey: ['usage-in-all', account, meter, from, to],
    queryFn: async () =>
      sumOf((await usage.series.query({ account, meter, from, to, bucket: 'month', scope: 'total' })).points),
    placeholderData: keepPreviousData,
  });
  return <Tile label="In all" value={data === undefined ? '…' : quantity(data)} note={daysWords(from, to)} />;
}

const days = new Intl.DateTimeFormat(texts.locale, { dateStyle: 'medium', timeZone: 'UTC' });
/** Days as people read them. @param to the instant at which they end */
const daysWords = (from: string, to: string): string => days.formatRange(Date.parse(from), Date.parse(to) - 1);

function users(points: readonly Point[]): readonly { readonly key: string; readonly sum: Decimal }[] {
  const found = new Map<string, Point[]>();
  for (const point of points) if (point.key !== null) found.set(point.key, [...(found.get(point.key) ?? []), point]);
  return [...found]
    .map(([key, of]) => ({ key, sum: sumOf(of) }))
    .filter(({ sum }) => Number(sum) !== 0)
    .toSorted((a, b) => Number(b.sum) - Number(a.sum));
}

/** Figures of some days that are no billing period. */
export const DayFigures = (of: OfTime) => (
  <section className="card" aria-label="Figures of these days">
    <dl className={css.tiles}>
      <InAll {...of} />
      <Users {...of} />
    </dl>
  </section>
);

/** Figures of a billing period, beside those of the one before; of the running one also what it comes to. */
export function PeriodFigures({
  account,
  meter,
  start,
  today,
}: {
  readonly account: string;
  readonly meter: MeterKey;
  readonly start: string;
  readonly today: number;
}) {
  const period = start.slice(0, 7);
  const query = useQuery({
    queryKey: ['usage-totals', account, meter, period],
    queryFn: async () => {
      const [of, before] = await Promise.all(
        [period, monthAfter(period, -1)].map((one) => usage.totals.query({ account, meter, period: one })),
      );
      if (!of || !before) throw new Error('both were asked for');
      return { ...of, before };
    },
    placeholderData: keepPreviousData,
  });
  const isOver = Date.parse(query.data?.period.end ?? '') <= today;
  return (
    <section className="card" aria-label="Figures of the period">
      <Loaded query={query}>
        {({ own, total, events, forecast, before, period: { end } }) => (
          <dl className={css.tiles}>
            <Tile label={isOver ? 'In all' : 'So far'} value={quantity(total)} note={`${quantity(own)} by itself`} />
            {!isOver && (
              <Tile
                label="At this pace"
                value={`about ${roughly(forecast.total)}`}
                note={changeWords(forecast.total, before)}
              />
            )}
            {isOver && (
              <Tile label="Against the month before" value={changeOf(total, before.total)} note={thenWords(before)} />
            )}
            {!isOver && <Above account={account} meter={meter} />}
            <Users
              account={account}
              meter={meter}
              from={start}
              to={end}
              more={!isOver && isMinutes(meter) && <AtLimit account={account} />}
            />
            <Tile
              label="Events"
              value={texts.numbers.whole(events.total)}
              note={`${texts.numbers.whole(events.own)} by itself`}
            />
          </dl>
        )}
      </Loaded>
    </section>
  );
}

/** How much of the running period is above what the plan includes, and what that costs: of who pays for itself, and may see it. */
function Above({ account, meter }: { readonly account: string; readonly meter: MeterKey }) {
  const query = useQuery({
    queryKey: ['billing', account],
    queryFn: () => billing.get.query({ account }),
    retry: false,
  });
  const found = query.data?.soFar?.used.find((one) => one.meter === meter);
  if (!found) return null;
  const { quantity: used, included } = found;
  return (
    <Tile
      label={`Above the ${quantity(included)} included`}
      value={quantity(Number(used) > Number(included) ? minus(used, included) : ZERO)}
      note={amount(found.amount)}
    />
  );
}

/** How much more or less one is than another: `+11.5 %`. */
const changeOf = (now: Decimal, then: Decimal): string =>
  Number(then) > 0 ? percents.format(Number(now) / Number(then) - 1) : '–';

const percents = new Intl.NumberFormat(texts.locale, {
  style: 'percent',
  signDisplay: 'exceptZero',
  maximumFractionDigits: 1,
});

const thenWords = ({ period, total }: UsageOfPeriod): string =>
  `${monthWords(period.key, texts.locale)}: ${quantity(total)}`;

const changeWords = (forecast: Decimal, before: UsageOfPeriod): string =>
  Number(before.total) > 0
    ? `by the end of the period, ${changeOf(forecast, before.total)} to ${thenWords(before)}`
    : 'by the end of the period';
