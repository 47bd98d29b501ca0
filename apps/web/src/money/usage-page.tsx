import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { UsageOfPeriod } from '@tenantree/contract';
import { billingPeriodOf, DAY_MS, type Decimal, instantOf, METERS, type MeterKey } from '@tenantree/domain';
import { monthWords } from '@tenantree/widget/money';
import { type ReactNode, useMemo, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card, Select, Tile } from '../parts/cards.tsx';
import { Empty, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { COMPARED_MS, dailyChart, minus, type Point, sumOf, ZERO } from './daily-chart.ts';
import { Chart } from './elements.ts';
import { saveCsv } from './save-job.ts';
import { monthAfter } from './turn-period.tsx';
import { amount, quantity, roughly } from './words.ts';

const { accounts, billing, products, usage } = tenantree.trpc;

const SPANS = { period: 'This period', last: 'Last period', days: 'Last 30 days' } as const;
type Span = keyof typeof SPANS;
const GROUPS = { none: 'Own and below', account: 'By account', agent: 'By agent' } as const;
type Group = keyof typeof GROUPS;
/** So many have a colour of their own; the rest is one series. */
const MOST_SERIES = 5;
const MOST_NAMED = 10;

/** Whether days are compared with those four weeks earlier. */
const COMPARED = { no: false, yes: true } as const;

type Asked = {
  readonly span: Span;
  readonly meter: MeterKey;
  readonly by: Group;
  readonly compare: keyof typeof COMPARED;
};

const isKey = <Key extends string>(of: Readonly<Record<Key, unknown>>, text: string | null): text is Key =>
  text !== null && Object.hasOwn(of, text);

/** What an address asks for; what isn't there is as usual. */
function readAsked(search: string): Asked {
  const asked = new URLSearchParams(search);
  const [span, by, meter, compare] = [asked.get('span'), asked.get('by'), asked.get('meter'), asked.get('compare')];
  return {
    span: isKey(SPANS, span) ? span : 'period',
    by: isKey(GROUPS, by) ? by : 'none',
    compare: isKey(COMPARED, compare) ? compare : 'no',
    meter: METERS.find(({ key }) => key === meter)?.key ?? 'call.minutes',
  };
}

/** From when until when (UTC milliseconds since 1970). */
function rangeOf(span: Span, now: number): { readonly from: number; readonly to: number } {
  if (span === 'days') {
    const tomorrow = Math.floor(now / DAY_MS) * DAY_MS + DAY_MS;
    return { from: tomorrow - 30 * DAY_MS, to: tomorrow };
  }
  const present = billingPeriodOf(instantOf(now));
  const { start, end } = span === 'period' ? present : billingPeriodOf(instantOf(Date.parse(present.start) - 1));
  return { from: Date.parse(start), to: Date.parse(end) };
}

/** Usage of an account and of all below it over time: chart, table, top ten, and as CSV. What is asked stands in the address. */
export default function UsagePage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const asked = useMemo(() => readAsked(search), [search]);
  const acting = useAccount(account).data;
  const meter = METERS.find(({ key }) => key === asked.meter);
  const change = (more: Partial<Asked>): void =>
    navigate(`${path}?${new URLSearchParams({ ...asked, ...more })}`, { replace: true });
  const [now] = useState(Date.now);
  const { from, to } = rangeOf(asked.span, now);
  const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const exported = async (): Promise<void> => {
    const { filename, csv } = await usage.export.query({
      account,
      meter: asked.meter,
      ...range,
      bucket: 'day',
      scope: 'total',
      by: asked.by,
    });
    saveCsv(filename, csv);
  };
  return (
    <Page title="Usage" lead={`${meter?.label ?? ''} of ${acting?.name ?? 'this account'} and everything below it.`}>
      <Question asked={asked} onChange={change} onExport={exported} />
      {asked.span !== 'days' && <Totals account={account} meter={asked.meter} start={range.from} now={now} />}
      <div className={css.two}>
        <Days account={account} asked={asked} from={from} to={to} now={now} unit={meter?.unit ?? ''} />
        <Most account={account} asked={asked} {...range} />
      </div>
    </Page>
  );
}

type QuestionProps = {
  readonly asked: Asked;
  readonly onChange: (more: Partial<Asked>) => void;
  readonly onExport: () => Promise<void>;
};

/** What is asked for. */
const Question = ({ asked, onChange, onExport }: QuestionProps) => (
  <div className={`card ${css.in}`}>
    <div className={css.fields}>
      <Choice label="Time" of={SPANS} value={asked.span} onChange={(span) => onChange({ span })} />
      <Select
        label="Meter"
        value={asked.meter}
        onChange={({ target }) =>
          onChange({ meter: METERS.find(({ key }) => key === target.value)?.key ?? asked.meter })
        }
      >
        {METERS.map(({ key, label }) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </Select>
      <Choice label="Divided" of={GROUPS} value={asked.by} onChange={(by) => onChange({ by })} />
    </div>
    <div className={css.acts}>
      <label className={css.check}>
        <input
          type="checkbox"
          checked={asked.compare === 'yes'}
          onChange={({ target }) => onChange({ compare: target.checked ? 'yes' : 'no' })}
        />
        Compare with four weeks earlier
      </label>
      <Act does={onExport} working="Writing…">
        Export CSV
      </Act>
    </div>
  </div>
);

const Choice = <Key extends string>({
  label,
  of,
  value,
  onChange,
}: {
  readonly label: string;
  readonly of: Readonly<Record<Key, string>>;
  readonly value: Key;
  readonly onChange: (value: Key) => void;
}) => (
  <Select label={label} value={value} onChange={({ target }) => isKey(of, target.value) && onChange(target.value)}>
    {Object.entries<string>(of).map(([key, words]) => (
      <option key={key} value={key}>
        {words}
      </option>
    ))}
  </Select>
);

function Totals({
  account,
  meter,
  start,
  now,
}: {
  readonly account: string;
  readonly meter: MeterKey;
  readonly start: string;
  readonly now: number;
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
  const isOver = Date.parse(query.data?.period.end ?? '') <= now;
  return (
    <section className="card" aria-label="Figures of the period">
      <Loaded query={query}>
        {({ own, total, events, forecast, before }) => (
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

type DaysProps = {
  readonly account: string;
  readonly asked: Asked;
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly unit: string;
};

function Days({ account, asked: { meter, by, compare }, from, to, now, unit }: DaysProps) {
  const query = useQuery({
    queryKey: ['usage-days', account, meter, by, from, to],
    queryFn: async () => {
      const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const asked = { account, meter, ...range, bucket: 'day' } as const;
      if (by !== 'none') return grouped((await usage.series.query({ ...asked, scope: 'total', by })).points);
      const [own, total] = await Promise.all([
        usage.series.query({ ...asked, scope: 'own' }),
        usage.series.query({ ...asked, scope: 'total' }),
      ]);
      const ownAt = new Map(own.points.map((one) => [one.start, one.quantity]));
      const nested = total.points.map((one) => ({
        ...one,
        quantity: minus(one.quantity, ownAt.get(one.start) ?? ZERO),
      }));
      return [
        { key: 'By itself', points: own.points },
        { key: 'By subaccounts', points: nested },
      ];
    },
    placeholderData: keepPreviousData,
  });
  const earlier = useEarlier({ account, meter, from, to }, compare);
  const names = useNames(
    account,
    by,
    (query.data ?? []).map(({ key }) => key),
  );
  const title = `${unit.charAt(0).toUpperCase()}${unit.slice(1)}s a day`;
  return (
    <Card title={title}>
      <Loaded query={query}>
        {(series) =>
          series.every(({ points }) => points.length === 0) ? (
            <Empty>Nothing was used in this time.</Empty>
          ) : (
            <Chart
              chart={dailyChart(
                title,
                series.map(({ key, points }) => ({ name: names.get(key) ?? key, points })),
                { from, to, now },
                earlier,
              )}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

/** All that was used in each day four weeks before a time; null: nobody asked, or it isn’t there yet. */
function useEarlier(
  of: { readonly account: string; readonly meter: MeterKey; readonly from: number; readonly to: number },
  compare: Asked['compare'],
): readonly Point[] | null {
  const [from, to] = [of.from, of.to].map((end) => new Date(end - COMPARED_MS).toISOString());
  const query = useQuery({
    queryKey: ['usage-earlier', of],
    queryFn: () =>
      usage.series.query({
        account: of.account,
        meter: of.meter,
        from: from ?? '',
        to: to ?? '',
        bucket: 'day',
        scope: 'total',
      }),
    enabled: COMPARED[compare],
  });
  return COMPARED[compare] ? (query.data?.points ?? null) : null;
}

type Grouped = { readonly key: string; readonly points: readonly Point[] };

/** Points by their keys, those with most first; what has no colour of its own any more is one series. */
function grouped(points: readonly Point[]): readonly Grouped[] {
  const found = new Map<string, Point[]>();
  for (const point of points) {
    const key = point.key ?? OTHERS;
    found.set(key, [...(found.get(key) ?? []), point]);
  }
  const others = found.get(OTHERS) ?? [];
  found.delete(OTHERS);
  const all = [...found].map(([key, of]) => ({ key, points: of, sum: Number(sumOf(of)) }));
  all.sort((a, b) => b.sum - a.sum);
  const rest = [...all.slice(MOST_SERIES).flatMap((one) => one.points), ...others];
  return [...all.slice(0, MOST_SERIES), ...(rest.length > 0 ? [{ key: OTHERS, points: rest }] : [])];
}

/** Of all that isn't named, such as what stood below and doesn't any more. */
const OTHERS = 'Others';

/** Most agents whose names are asked for. */
const MOST_AGENTS = 500;

/**
 * Names by the keys of a series: of accounts, as far as they are reached; and of the account’s own agents, where programs say who it was by an
 * id. Agents below are shown as they were sent, which mostly is their name.
 */
function useNames(account: string, by: Group, keys: readonly string[]): ReadonlyMap<string, string> {
  const ids = by === 'account' ? keys.filter((key) => key !== OTHERS) : [];
  const named = useQuery({
    queryKey: ['names', ...ids],
    queryFn: async () => {
      const asked = ids.map((id) => accounts.get.query({ account: id }).then(({ name }) => [id, name] as const));
      const answers = await Promise.allSettled(asked);
      return new Map(answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    },
    enabled: ids.length > 0,
  });
  const own = useQuery({
    queryKey: ['agents', account],
    queryFn: async () => {
      const { rows } = await products.list.query({ account, kind: 'agent', limit: MOST_AGENTS });
      return new Map(rows.flatMap(({ id, externalId, name }) => [id, externalId ?? id].map((key) => [key, name])));
    },
    enabled: by === 'agent' && keys.length > 0,
  });
  return (by === 'agent' ? own.data : named.data) ?? new Map();
}

type MostProps = { readonly account: string; readonly asked: Asked; readonly from: string; readonly to: string };

/** The ten that used most. */
function Most({ account, asked: { meter, by }, from, to }: MostProps) {
  const of = by === 'agent' ? 'agent' : 'account';
  const query = useQuery({
    queryKey: ['usage-most', account, meter, of, from, to],
    queryFn: async () => {
      const asked = { account, meter, from, to, bucket: 'month', scope: 'total', by: of } as const;
      return most((await usage.series.query(asked)).points);
    },
    placeholderData: keepPreviousData,
  });
  const rows = query.data ?? [];
  const names = useNames(
    account,
    of,
    rows.map(({ key }) => key),
  );
  const top = Number(rows[0]?.sum ?? 0);
  return (
    <Card title={of === 'account' ? 'Accounts with most' : 'Agents with most'}>
      <Loaded query={query}>
        {(found) =>
          found.length === 0 ? (
            <Empty>Nobody used anything in this time.</Empty>
          ) : (
            <ol className={css.bars}>
              {found.map(({ key, sum }) => (
                <li key={key}>
                  <Named account={account} of={of} id={key} name={names.get(key)} />
                  <span>{quantity(sum)}</span>
                  <Share of={Number(sum) / top} />
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Card>
  );
}

const Named = ({
  account,
  of,
  id,
  name,
}: {
  readonly account: string;
  readonly of: 'account' | 'agent';
  readonly id: string;
  readonly name: string | undefined;
}): ReactNode =>
  name === undefined || id === account || of === 'agent' ? (
    <span>
      <bdi>{name ?? id}</bdi>
    </span>
  ) : (
    <Link href={`/a/${account}/subaccounts/${id}`}>
      <bdi>{name}</bdi>
    </Link>
  );

/** How much of the most it is, drawn. @param of 0 to 1 */
const Share = ({ of }: { readonly of: number }) => (
  <svg className={css.share} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
    <rect width="100" height="1" />
    <rect width={Math.max(0, of * 100)} height="1" />
  </svg>
);

function most(points: readonly Point[]): readonly { readonly key: string; readonly sum: Decimal }[] {
  const found = new Map<string, Point[]>();
  for (const point of points) if (point.key !== null) found.set(point.key, [...(found.get(point.key) ?? []), point]);
  return [...found]
    .map(([key, of]) => ({ key, sum: sumOf(of) }))
    .filter(({ sum }) => Number(sum) !== 0)
    .toSorted((a, b) => Number(b.sum) - Number(a.sum))
    .slice(0, MOST_NAMED);
}
