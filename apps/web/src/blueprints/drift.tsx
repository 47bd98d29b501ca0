import type { BlueprintDrift } from '@tenantree/contract';
import { type AccountId, BLUEPRINT_SECTIONS, DRIFT_STATES, type DriftState, type RowId } from '@tenantree/domain';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Act, Card, Table, usePages } from '../parts/cards.tsx';
import { Button, Empty, Loaded } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import type { Chosen } from './chosen.ts';
import { useDrift, useLiveDrift } from './use-blueprints.ts';
import { accountsWords, DRIFTS, SECTIONS, SET_UP } from './words.ts';

const { blueprints } = tenantree.trpc;
/** Accounts of a page: what a version sets up stands below them. */
const PAGE = 25;
/** Accounts with which something is done in one go. */
const MOST = 500;

type Row = BlueprintDrift['rows'][number];
type Filter = DriftState | 'being_set_up' | 'incomplete' | null;
type Props = { readonly account: string; readonly blueprint: RowId; readonly name: string };

/** How the accounts that a blueprint set up stand to it: how many, which, and what can be done with them. */
export function Drift({ account, blueprint, name }: Props) {
  const [filter, setFilter] = useState<Filter>(null);
  useLiveDrift(account, blueprint);
  const query = useDrift(account, blueprint, { limit: 1 });
  const counts = query.data?.counts;
  const total = Object.values(counts ?? {}).reduce((sum, one) => sum + one, 0);
  if (!query.data || !counts || total === 0)
    return (
      <Card title="Accounts">
        <Loaded query={query}>{() => <Empty>It has set up no account yet.</Empty>}</Loaded>
      </Card>
    );
  const chip = (of: Filter, words: string, count: number) =>
    (count > 0 || of === filter) && (
      <Button key={words} aria-pressed={of === filter} onClick={() => setFilter(of)}>
        {texts.numbers.whole(count)} {words}
      </Button>
    );
  return (
    <Card title={accountsWords(total)}>
      <div className={css.in}>
        <div className={css.acts} role="group" aria-label="How accounts stand">
          {chip(null, 'in all', total)}
          {DRIFT_STATES.map((state) => chip(state, DRIFTS[state].toLowerCase(), counts[state]))}
          {chip('being_set_up', 'being set up', query.data.beingSetUp)}
          {chip('incomplete', 'incomplete', query.data.incomplete)}
        </div>
      </div>
      <Listed key={filter ?? ''} account={account} blueprint={blueprint} name={name} filter={filter} />
    </Card>
  );
}

const askedOf = (filter: Filter) => {
  if (filter === null) return {};
  return filter === 'being_set_up' || filter === 'incomplete' ? { state: filter } : { drift: filter };
};

function Listed({ account, blueprint, name, filter }: Props & { readonly filter: Filter }) {
  const { cursor, turner } = usePages(['Before', 'Next']);
  const [chosen, setChosen] = useState<ReadonlyMap<AccountId, Row>>(new Map());
  const manages = useAccount(account).data?.levels['account.subaccounts'] === 'full';
  const query = useDrift(account, blueprint, {
    ...askedOf(filter),
    limit: PAGE,
    ...(cursor !== undefined && { cursor }),
  });
  return (
    <Loaded query={query}>
      {({ rows, nextCursor }) => (
        <>
          {rows.length === 0 ? (
            <Empty>None stands so any more.</Empty>
          ) : (
            <Rows
              account={account}
              blueprint={blueprint}
              rows={rows}
              chosen={chosen}
              onChoose={manages ? setChosen : null}
            />
          )}
          {turner(nextCursor)}
          {manages && (nextCursor !== null || cursor !== undefined) && (
            <AllSo account={account} blueprint={blueprint} filter={filter} onFound={setChosen} />
          )}
          {chosen.size > 0 && (
            <ChosenActs account={account} blueprint={blueprint} name={name} chosen={[...chosen.values()]} />
          )}
        </>
      )}
    </Loaded>
  );
}

type AllProps = Omit<Props, 'name'> & {
  readonly filter: Filter;
  readonly onFound: (chosen: ReadonlyMap<AccountId, Row>) => void;
};

/** Chooses all that stand so, on whichever page: as many as one go takes. */
function AllSo({ account, blueprint, filter, onFound }: AllProps) {
  const find = async (): Promise<void> => {
    const { rows } = await blueprints.drift.query({ account, blueprint, ...askedOf(filter), limit: MOST });
    onFound(new Map(rows.map((row) => [row.account.id, row])));
  };
  return (
    <div className={css.in}>
      <div className={css.acts}>
        <Act does={find} working="Looking…">
          Choose all that stand so, up to {MOST}
        </Act>
      </div>
    </div>
  );
}

type ActsProps = Props & { readonly chosen: readonly Row[] };

function ChosenActs({ account, blueprint, name, chosen }: ActsProps) {
  const [, navigate] = useLocation();
  const go = (how: 'apply' | 'line'): void =>
    navigate(`/a/${account}/blueprints/${blueprint}/apply?how=${how}`, {
      state: { chosen: chosen.map((row): Chosen => row.account) },
    });
  const short = chosen.filter(({ state }) => state === 'incomplete');
  const goOn = async (): Promise<void> => {
    const targets = short.map((row) => row.account.id);
    const { job } = await blueprints.retry.mutate({ account, blueprint, targets });
    navigate(`/a/${account}/work/${job}`);
  };
  const undo = (): Promise<void> =>
    ask({
      title: `Take back the last that “${name}” did to ${accountsWords(chosen.length)}?`,
      text: 'What is as it was set up becomes what it was before. What was changed since stays, and is listed.',
      submit: 'Take back',
      act: async () => {
        const targets = chosen.map((row) => row.account.id);
        const { job } = await blueprints.undo.mutate({ account, blueprint, targets });
        navigate(`/a/${account}/work/${job}`);
      },
    });
  if (chosen.length > MOST)
    return (
      <div className={css.in}>
        <span className={css.warn} role="status">
          {accountsWords(chosen.length)} chosen: one go takes {MOST} at the most.
        </span>
      </div>
    );
  return (
    <div className={css.in}>
      <div className={css.acts} role="group" aria-label="With those that are chosen">
        <span>{accountsWords(chosen.length)} chosen</span>
        <Button look="primary" onClick={() => go('line')}>
          Bring in line
        </Button>
        <Button onClick={() => go('apply')}>Apply again</Button>
        <Button onClick={() => void undo()}>Take back</Button>
        {short.length > 0 && (
          <Act does={goOn} working="Going on…">
            Go on with {accountsWords(short.length)} that {short.length === 1 ? 'is' : 'are'} incomplete
          </Act>
        )}
      </div>
    </div>
  );
}

type RowsProps = {
  readonly account: string;
  readonly blueprint: RowId;
  readonly rows: readonly Row[];
  readonly chosen: ReadonlyMap<AccountId, Row>;
  /** Null: nothing can be done with them. */
  readonly onChoose: ((chosen: ReadonlyMap<AccountId, Row>) => void) | null;
};

const Rows = ({ account, blueprint, rows, chosen, onChoose }: RowsProps) => {
  const areAll = rows.every((row) => chosen.has(row.account.id));
  const turnAll = (): void => {
    const next = new Map(chosen);
    for (const row of rows)
      if (areAll) next.delete(row.account.id);
      else next.set(row.account.id, row);
    onChoose?.(next);
  };
  const turn = (row: Row): void => {
    const next = new Map(chosen);
    if (!next.delete(row.account.id)) next.set(row.account.id, row);
    onChoose?.(next);
  };
  return (
    <Table
      label="Accounts"
      columns={[
        <span key="account" className={css.check}>
          {onChoose && (
            <input type="checkbox" checked={areAll} onChange={turnAll} aria-label="Choose all that are shown" />
          )}
          Account
        </span>,
        'Version',
        'Stands',
        ...BLUEPRINT_SECTIONS.map((section) => SECTIONS[section]),
      ]}
    >
      <tbody>
        {rows.map((row) => (
          <Line
            key={row.account.id}
            account={account}
            blueprint={blueprint}
            row={row}
            isChosen={chosen.has(row.account.id)}
            onTurn={onChoose && (() => turn(row))}
          />
        ))}
      </tbody>
    </Table>
  );
};

type LineProps = Pick<RowsProps, 'account' | 'blueprint'> & {
  readonly row: Row;
  readonly isChosen: boolean;
  readonly onTurn: (() => void) | null;
};

const Line = ({ account, blueprint, row, isChosen, onTurn }: LineProps) => (
  <tr>
    <th scope="row">
      <div className={css.check}>
        {onTurn && (
          <input type="checkbox" checked={isChosen} onChange={onTurn} aria-label={`Choose ${row.account.name}`} />
        )}
        <Link href={`/a/${account}/subaccounts/${row.account.id}`}>
          <bdi>{row.account.name}</bdi>
        </Link>
      </div>
    </th>
    <td>v{row.version}</td>
    <td>
      {row.state === 'set_up' ? (
        <span className={css.badge}>{DRIFTS[row.drift]}</span>
      ) : (
        <NotYet account={account} blueprint={blueprint} row={row} mayRetry={onTurn !== null} />
      )}
    </td>
    {BLUEPRINT_SECTIONS.map((section) => (
      <td key={section}>{stands(row.sections[section])}</td>
    ))}
  </tr>
);

const stands = (state: DriftState | null) =>
  state === null || state === 'as_set_up' ? (
    <span className={css.quiet}>{state === null ? '–' : DRIFTS[state]}</span>
  ) : (
    DRIFTS[state]
  );

type NotYetProps = {
  readonly account: string;
  readonly blueprint: RowId;
  readonly row: Row;
  readonly mayRetry: boolean;
};

/** An account that isn't set up in full; where that came to a stop, one can go on. */
function NotYet({ account, blueprint, row, mayRetry }: NotYetProps) {
  const [, navigate] = useLocation();
  const retry = async (): Promise<void> => {
    const { job } = await blueprints.retry.mutate({ account, blueprint, targets: [row.account.id] });
    navigate(`/a/${account}/work/${job}`);
  };
  return (
    <>
      <span className={row.state === 'incomplete' ? `${css.badge} ${css.loss}` : css.badge}>{SET_UP[row.state]}</span>{' '}
      {row.state === 'incomplete' && mayRetry && (
        <Act does={retry} working="Going on…">
          Go on
        </Act>
      )}
    </>
  );
}
