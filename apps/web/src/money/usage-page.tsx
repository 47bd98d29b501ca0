import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { billingPeriodOf, DAY_MS, instantOf, METERS, type MeterKey } from '@tenantree/domain';
import { type ReactNode, useMemo } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card, Select } from '../parts/cards.tsx';
import { Empty, Field, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { useToday } from '../today.ts';
import { COMPARED_MS, dailyChart, minus, type Point, sumOf, ZERO } from './daily-chart.ts';
import { Chart } from './elements.ts';
import { saveCsv } from './save-job.ts';
import { DayFigures, PeriodFigures, useUsers } from './usage-figures.tsx';
import { quantity } from './words.ts';

const { accounts, products, usage } = tenantree.trpc;

const SPANS = { period: 'This period', last: 'Last period', days: 'Last 30 days', range: 'From day to day…' } as const;
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
  /** First and last day (UTC) of a range, as in `2026-11-30`. */
  readonly from: string;
  readonly to: string;
  readonly meter: MeterKey;
  readonly by: Group;
  readonly compare: keyof typeof COMPARED;
};

const isKey = <Key extends string>(of: Readonly<Record<Key, unknown>>, text: string | null): text is Key =>
  text !== null && Object.hasOwn(of, text);

/** So many days a range has at the most: a quarter of a year, of which each still is a bar that one can point at. */
const MOST_DAYS = 92;
/** Days of years with more digits are none that the server reads. */
const LAST_YEAR = '9999';

/** A day that an address names (UTC milliseconds since 1970); null: it names none. */
function dayIn(text: string | null): number | null {
  const ms = Date.parse(`${text ?? ''}T00:00:00Z`);
  return Number.isNaN(ms) || text?.length !== 'YYYY-MM-DD'.length ? null : ms;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** What an address asks for; what isn't there is as usual. */
function readAsked(search: string, today: number): Asked {
  const asked = new URLSearchParams(search);
  const to = dayIn(asked.get('to')) ?? today;
  const from = dayIn(asked.get('from')) ?? to - 29 * DAY_MS;
  const [span, by, meter, compare] = [asked.get('span'), asked.get('by'), asked.get('meter'), asked.get('compare')];
  return {
    span: isKey(SPANS, span) ? span : 'period',
    from: dayOf(from),
    to: dayOf(to),
    by: isKey(GROUPS, by) ? by : 'none',
    compare: isKey(COMPARED, compare) ? compare : 'no',
    meter: METERS.find(({ key }) => key === meter)?.key ?? 'call.minutes',
  };
}

/** Why a range can’t be shown; null: it can. */
function faultOf({ span, from, to }: Asked): string | null {
  if (span !== 'range') return null;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) return 'The last day is before the first one.';
  if (days > MOST_DAYS) return `At most ${MOST_DAYS} days are shown at once.`;
  return to >= LAST_YEAR ? `Choose days before the year ${LAST_YEAR}.` : null;
}

/** From when until when (UTC milliseconds since 1970). */
function rangeOf({ span, ...asked }: Asked, today: number): { readonly from: number; readonly to: number } {
  if (span === 'range') return { from: Date.parse(asked.from), to: Date.parse(asked.to) + DAY_MS };
  if (span === 'days') {
    const tomorrow = today + DAY_MS;
    return { from: tomorrow - 30 * DAY_MS, to: tomorrow };
  }
  const present = billingPeriodOf(instantOf(today));
  const { start, end } = span === 'period' ? present : billingPeriodOf(instantOf(Date.parse(present.start) - 1));
  return { from: Date.parse(start), to: Date.parse(end) };
}

/** What an address says of what is asked: days only where they are chosen. */
function addressOf({ from, to, ...asked }: Asked): string {
  return new URLSearchParams(asked.span === 'range' ? { ...asked, from, to } : asked).toString();
}

/** Usage of an account and of all below it over time: chart, table, top ten, and as CSV. What is asked stands in the address. */
export default function UsagePage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const today = useToday();
  const asked = useMemo(() => readAsked(search, today), [search, today]);
  const acting = useAccount(account).data;
  const meter = METERS.find(({ key }) => key === asked.meter);
  const change = (more: Partial<Asked>): void =>
    navigate(`${path}?${addressOf({ ...asked, ...more })}`, { replace: true });
  const fault = faultOf(asked);
  const { from, to } = rangeOf(asked, today);
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
      <Question asked={asked} fault={fault} onChange={change} onExport={exported} />
      {fault === null && (
        <>
          {isPeriod(asked.span) ? (
            <PeriodFigures account={account} meter={asked.meter} start={range.from} today={today} />
          ) : (
            <DayFigures account={account} meter={asked.meter} {...range} />
          )}
          <div className={css.two}>
            <Days account={account} asked={asked} from={from} to={to} today={today} unit={meter?.unit ?? ''} />
            <Most account={account} asked={asked} {...range} />
          </div>
        </>
      )}
    </Page>
  );
}

/** Whether it is a billing period. */
const isPeriod = (span: Span): boolean => span === 'period' || span === 'last';

type QuestionProps = {
  readonly asked: Asked;
  /** Why what is asked can’t be shown. */
  readonly fault: string | null;
  readonly onChange: (more: Partial<Asked>) => void;
  readonly onExport: () => Promise<void>;
};

/** What is asked for. */
const Question = ({ asked, fault, onChange, onExport }: QuestionProps) => (
  <div className={`card ${css.in}`}>
    <div className={css.fields}>
      <Choice label="Time" of={SPANS} value={asked.span} onChange={(span) => onChange({ span })} />
      {asked.span === 'range' && (
        <>
          <Field
            label="First day (UTC)"
            type="date"
            value={asked.from}
            max={asked.to}
            onChange={({ target }) => target.value !== '' && onChange({ from: target.value })}
          />
          <Field
            label="Last day (UTC)"
            type="date"
            value={asked.to}
            min={asked.from}
            error={fault}
            onChange={({ target }) => target.value !== '' && onChange({ to: target.value })}
          />
        </>
      )}
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

type DaysProps = {
  readonly account: string;
  readonly asked: Asked;
  readonly from: number;
  readonly to: number;
  readonly today: number;
  readonly unit: string;
};

function Days({ account, asked: { meter, by, compare }, from, to, today, unit }: DaysProps) {
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
                { from, to, now: today },
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
  const query = useUsers({ account, meter, from, to }, of);
  const rows = (query.data ?? []).slice(0, MOST_NAMED);
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
              {found.slice(0, MOST_NAMED).map(({ key, sum }) => (
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
