import { useQuery } from '@tanstack/react-query';
import type { BillingState, ShownInvoice, ShownPlan } from '@tenantree/contract';
import { countriesIn, monthWords } from '@tenantree/widget/money';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Card, Select, Table, Tile, usePages } from '../parts/cards.tsx';
import { Alert, Button, Empty, errorOf, Field, Loaded, Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { useForm } from '../session/use-form.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { untilTurn, useRunningPeriod } from '../today.ts';
import { dailyChart, minus, type Point } from './daily-chart.ts';
import { Departures } from './departures.tsx';
import { Billing, billingSource, Chart } from './elements.ts';
import { Independence } from './independence.tsx';
import { Included } from './meter-facts.tsx';
import { PaymentMethod } from './payment-method.tsx';
import { Received } from './received.tsx';
import { monthAfter } from './turn-period.tsx';
import { amount, pricedWords, quantity, quantityOf, startWords } from './words.ts';

const { billing, invoices, usage } = tenantree.trpc;

/** How often somebody who waits for a provider of payments looks again. */
const PENDING_MS = 5_000;

/** Plan, this period so far, billing details and invoices of an account that pays for itself; for others, who pays, and the way to pay oneself. */
export default function BillingPage({ account }: { readonly account: string }) {
  const acting = useAccount(account).data;
  const [, navigate] = useLocation();
  const query = useQuery({
    queryKey: ['billing', account],
    queryFn: () => billing.get.query({ account }),
    // What a provider reports comes to the server: who waits for it sees it soon. And each period ends.
    refetchInterval: ({ state: { data } }) =>
      data?.payment?.next?.state === 'pending' ? PENDING_MS : untilTurn(data?.soFar?.period.end ?? null),
  });
  const isPaidFor = query.data?.billingMode === 'parent';
  return (
    <Page
      title="Billing"
      lead={
        isPaidFor
          ? 'Who pays for this account, and what that means.'
          : 'The plan of this account, this period so far, and its invoices. One invoice covers everything below it.'
      }
    >
      <Loaded query={query}>
        {(state) =>
          state.billingMode === 'parent' ? (
            <>
              <Billing
                source={billingSource}
                account={acting ?? null}
                texts={texts}
                level={2}
                onChanged={() => void queries.invalidateQueries()}
                onShow={({ detail }) => navigate(`/a/${account}/subaccounts/${detail.account}/${detail.tab}`)}
              />
              <Received account={account} />
            </>
          ) : (
            <Payer key={account} account={account} state={state} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Payer({ account, state }: { readonly account: string; readonly state: BillingState }) {
  const levels = useAccount(account).data?.levels;
  return (
    <>
      <Independence account={account} />
      {state.soFar && <SoFar account={account} soFar={state.soFar} balance={state.balance} />}
      {state.soFar && levels?.['billing.usage'] !== 'none' && <Days account={account} period={state.soFar.period} />}
      <div className={css.two}>
        <div className={css.column}>
          <Plan account={account} state={state} />
          <Invoices account={account} />
          <Departures account={account} />
        </div>
        <div className={css.column}>
          <Details account={account} details={state.details} />
          {state.payment && <PaymentMethod account={account} payment={state.payment} />}
        </div>
      </div>
    </>
  );
}

type SoFarProps = {
  readonly account: string;
  readonly soFar: NonNullable<BillingState['soFar']>;
  readonly balance: BillingState['balance'];
};

const SoFar = ({ account, soFar: { period, fee, used, total }, balance }: SoFarProps) => (
  <Card
    title={`${monthWords(period.key, texts.locale)} so far`}
    aside={<Link href={`/a/${account}/billing/draft`}>Line by line</Link>}
  >
    <dl className={css.tiles}>
      <Tile label="So far" value={amount(total)} note="Tax is not included." />
      <Tile label="Monthly fee" value={amount(fee)} />
      {used.map((one) => (
        <Tile
          key={one.meter}
          label={one.label}
          value={amount(one.amount)}
          note={
            <>
              {quantityOf(one.quantity, one.unit)}, <Included of={one.included} />
            </>
          }
        />
      ))}
      {balance.map((one) => (
        <Tile key={one.currency} label="In credit" value={amount(one)} note="Taken off the next invoice first." />
      ))}
    </dl>
  </Card>
);

/** Minutes of each day, by the account itself and by those below it. */
function Days({
  account,
  period,
}: {
  readonly account: string;
  readonly period: { readonly start: string; readonly end: string };
}) {
  const query = useQuery({
    queryKey: ['usage', account, period.start],
    queryFn: async () => {
      const asked = { account, from: period.start, to: period.end, bucket: 'day' } as const;
      const [own, total] = await Promise.all([
        usage.series.query({ ...asked, scope: 'own' }),
        usage.series.query({ ...asked, scope: 'total' }),
      ]);
      return { own: own.points, total: total.points };
    },
  });
  return (
    <Card title="Minutes a day">
      <Loaded query={query}>
        {({ own, total }) =>
          total.length === 0 ? (
            <Empty>Nobody used minutes in this period yet.</Empty>
          ) : (
            <Chart chart={ownAndNested(own, total, period)} />
          )
        }
      </Loaded>
    </Card>
  );
}

const ownAndNested = (
  own: readonly Point[],
  total: readonly Point[],
  period: { readonly start: string; readonly end: string },
) => {
  const ownAt = new Map(own.map((one) => [one.start, one.quantity]));
  const nested = total.map((one) => {
    const self = ownAt.get(one.start);
    return self === undefined ? one : { ...one, quantity: minus(one.quantity, self) };
  });
  const range = { from: Date.parse(period.start), to: Date.parse(period.end), now: Date.now() };
  const series = [
    { name: 'By itself', points: own },
    { name: 'By subaccounts', points: nested },
  ];
  return dailyChart('Minutes a day', series, range, null);
};

/** What a plan costs, in a line. */
const planWords = (plan: ShownPlan): string =>
  [
    `${amount(plan.monthlyFee)} a month`,
    ...plan.rates.map((rates) => {
      const { label, unit, included } = rates;
      const start = Number(included) > 0 ? `${quantity(included)} ${unit}s included, then ` : '';
      return `${label}: ${start}${pricedWords(rates)}`;
    }),
    plan.concurrent === null ? '' : `${plan.concurrent} calls at one time`,
    plan.subaccounts === 'none' ? 'no subaccounts' : '',
  ]
    .filter(Boolean)
    .join(' · ');

function Plan({ account, state }: { readonly account: string; readonly state: BillingState }) {
  const [isChoosing, setChoosing] = useState(false);
  const { plan, next } = state;
  return (
    <Card
      title="Plan"
      aside={
        <Button aria-expanded={isChoosing} onClick={() => setChoosing(!isChoosing)}>
          {plan ? 'Change plan' : 'Choose a plan'}
        </Button>
      }
    >
      <div className={css.in}>
        {plan ? (
          <div>
            <strong>
              <bdi>{plan.name}</bdi>
            </strong>{' '}
            <span className={css.badge}>version {plan.version}</span>
            <p className={css.quiet}>
              {planWords(plan)} · since {texts.numbers.dateTime(plan.since)}
            </p>
          </div>
        ) : (
          <p>No plan is chosen: nothing is invoiced until there is one.</p>
        )}
        {next && (
          <p className={css.warn}>
            {next.plan ? `${next.plan.name} from ${startWords(next.from)}` : `No plan from ${startWords(next.from)}`}
          </p>
        )}
        {isChoosing && <Plans account={account} state={state} onChosen={() => setChoosing(false)} />}
      </div>
    </Card>
  );
}

function Plans({
  account,
  state,
  onChosen,
}: {
  readonly account: string;
  readonly state: BillingState;
  readonly onChosen: () => void;
}) {
  const query = useQuery({ queryKey: ['plans', account], queryFn: () => billing.plans.query({ account }) });
  const choose = (plan: ShownPlan): Promise<void> =>
    ask({
      title: `Choose ${plan.name}?`,
      text: state.plan
        ? `${planWords(plan)}. It holds from the next period; until then ${state.plan.name} does.`
        : `${planWords(plan)}. It holds at once, and this period is invoiced from now on.`,
      submit: `Choose ${plan.name}`,
      act: async () => {
        await billing.subscribe.mutate({ account, plan: plan.id, version: plan.version });
        await queries.invalidateQueries();
        onChosen();
      },
    });
  return (
    <Loaded query={query}>
      {({ plans }) =>
        plans.length === 0 ? (
          <Empty>No plan is offered here at present.</Empty>
        ) : (
          plans.map((plan) => (
            <div className={css.offer} key={plan.id}>
              <strong>
                <bdi>{plan.name}</bdi>
              </strong>
              <span className={css.quiet}>
                <bdi>{plan.refused ? plan.refused.message : planWords(plan)}</bdi>
              </span>
              {plan.refused === null && (
                <Button aria-label={`Choose ${plan.name}`} onClick={() => void choose(plan)}>
                  Choose
                </Button>
              )}
            </div>
          ))
        )
      }
    </Loaded>
  );
}

const Address = ({ lines }: { readonly lines: readonly string[] }) => (
  <div className="row">
    <label htmlFor="address">Address</label>
    <div className="field">
      <textarea id="address" name="address" rows={3} autoComplete="street-address" defaultValue={lines.join('\n')} />
    </div>
  </div>
);

/** Whom invoices are addressed to. */
function Details({ account, details: found }: { readonly account: string; readonly details: BillingState['details'] }) {
  // As they were when one began to write: what somebody else saves meanwhile is told of, and takes no letter away.
  const [details, setDetails] = useState(found);
  const [saved, setSaved] = useState(false);
  const { refusal, isSending, onSubmit } = useForm(async ({ country, name, address, taxId }) => {
    const lines = (address ?? '').split('\n').flatMap((line) => line.trim() || []);
    const given = { country: country ?? '', name: name ?? '', address: lines, taxId: taxId?.trim() || null };
    const answer = await billing.setDetails.mutate({ account, ...given, version: details?.version ?? 0 });
    setDetails(answer.details);
    setSaved(true);
    await queries.invalidateQueries({ queryKey: ['billing', account] });
    return null;
  });
  return (
    <Card title="Billing details">
      <form key={details?.version ?? 0} className={css.in} onSubmit={onSubmit} onChange={() => setSaved(false)}>
        <Alert refusal={refusal} fields={['country', 'name', 'taxId']} />
        <Select label="Country" name="country" defaultValue={details?.country ?? ''} required>
          <option value="">Choose a country</option>
          {countriesIn(texts.locale).map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </Select>
        <Field
          label="Company or name"
          name="name"
          required
          maxLength={200}
          autoComplete="organization"
          defaultValue={details?.name}
          error={errorOf(refusal, 'name')}
        />
        <Address lines={details?.address ?? []} />
        <Field
          label="Tax id (optional)"
          name="taxId"
          maxLength={40}
          autoComplete="off"
          defaultValue={details?.taxId ?? ''}
          error={errorOf(refusal, 'taxId')}
        />
        <div className={css.acts}>
          <Button type="submit" disabled={isSending}>
            {isSending ? 'Saving…' : 'Save billing details'}
          </Button>
          <span role="status">{saved ? 'Saved.' : ''}</span>
        </div>
      </form>
    </Card>
  );
}

const KINDS = { period: 'Invoice', supplement: 'Late usage', credit: 'Credit note' } as const;

function Invoices({ account }: { readonly account: string }) {
  const last = monthAfter(useRunningPeriod(), -1);
  const { cursor, turner } = usePages();
  const query = useQuery({
    queryKey: ['invoices', account, cursor ?? ''],
    queryFn: () => invoices.list.query({ account, limit: 25, ...(cursor !== undefined && { cursor }) }),
  });
  return (
    <Card title="Invoices" aside={<Link href={`/a/${account}/billing/draft?period=${last}`}>Close a month</Link>}>
      <Loaded query={query}>
        {({ rows, nextCursor }) => (
          <>
            {rows.length === 0 ? (
              <Empty>No invoices yet. A month is invoiced once it is over, and its grace for late usage with it.</Empty>
            ) : (
              <Table
                label="Invoices"
                columns={['Number', 'Period', 'Issued', { figure: 'Total' }, { figure: 'To be paid' }]}
              >
                <tbody>
                  {rows.map((invoice) => (
                    <InvoiceRow key={invoice.id} account={account} invoice={invoice} />
                  ))}
                </tbody>
              </Table>
            )}
            {turner(nextCursor)}
          </>
        )}
      </Loaded>
    </Card>
  );
}

const InvoiceRow = ({ account, invoice }: { readonly account: string; readonly invoice: ShownInvoice }) => (
  <tr>
    <th scope="row" className={css.whole}>
      <Link href={`/a/${account}/billing/invoices/${invoice.id}`}>{invoice.number ?? 'Draft'}</Link>
    </th>
    <td>
      {monthWords(invoice.period, texts.locale)} <span className={css.quiet}>{KINDS[invoice.kind]}</span>
    </td>
    <td>{invoice.issuedAt === null ? '–' : texts.numbers.day(invoice.issuedAt)}</td>
    <td className={css.number}>{amount(invoice.total)}</td>
    <td className={css.number}>{amount(invoice.due)}</td>
  </tr>
);
