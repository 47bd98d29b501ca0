import { useQuery } from '@tanstack/react-query';
import type { OfferedBlueprint } from '@tenantree/contract';
import { Link, useLocation } from 'wouter';
import { useHistoryState } from 'wouter/use-browser-location';
import css from '../parts/cards.module.css';
import { Card, Table } from '../parts/cards.tsx';
import { Button, Empty, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { type Chosen, chosenIn } from './chosen.ts';
import { useDrift } from './use-blueprints.ts';
import { accountsWords, countsWords, SECTIONS } from './words.ts';

const { blueprints } = tenantree.trpc;

/** The blueprints that are offered in an account, with how many accounts each set up, and how those stand to it. */
export default function BlueprintsPage({ account }: { readonly account: string }) {
  const [, navigate] = useLocation();
  const acting = useAccount(account).data;
  const chosen = chosenIn(useHistoryState());
  const query = useQuery({
    queryKey: ['blueprints', account],
    queryFn: () => blueprints.list.query({ account }),
  });
  return (
    <Page
      title="Blueprints"
      lead={`Sets up accounts below ${acting?.name ?? 'this account'} in one act: permissions, limits, a price book and products.`}
    >
      <Card
        title={chosen.length > 0 ? `Choose what ${accountsWords(chosen.length)} are set up with` : 'Offered here'}
        aside={
          acting?.levels['account.subaccounts'] === 'full' && (
            <Button look="primary" onClick={() => navigate(`/a/${account}/blueprints/new`)}>
              New blueprint
            </Button>
          )
        }
      >
        <Loaded query={query}>
          {({ blueprints: rows }) =>
            rows.length === 0 ? (
              <Empty>No blueprints yet. A blueprint sets new accounts up, and shows later what became of them.</Empty>
            ) : (
              <Offered account={account} rows={rows} chosen={chosen} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

type OfferedProps = {
  readonly account: string;
  readonly rows: readonly OfferedBlueprint[];
  /** Accounts that one of them is to be applied to. */
  readonly chosen: readonly Chosen[];
};

const Offered = ({ account, rows, chosen }: OfferedProps) => (
  <Table label="Blueprints" columns={['Name', 'Sets up', 'Accounts', 'Belongs to', 'Saved']}>
    <tbody>
      {rows.map((row) => (
        <tr key={row.id}>
          <th scope="row">
            <Link href={`/a/${account}/blueprints/${row.id}`}>
              <bdi>{row.name}</bdi>
            </Link>{' '}
            <span className={css.quiet}>v{row.version}</span>
            {chosen.length > 0 && (
              <div>
                <Link href={`/a/${account}/blueprints/${row.id}/apply`} state={{ chosen }}>
                  Apply {row.name}
                </Link>
              </div>
            )}
          </th>
          <td>{row.sections.map((section) => SECTIONS[section]).join(', ')}</td>
          <td>
            <Standing account={account} blueprint={row.id} />
          </td>
          <td>
            <bdi>{row.from.id === account ? 'This account' : row.from.name}</bdi>
          </td>
          <td>{row.savedAt === null ? '–' : texts.numbers.dateTime(row.savedAt)}</td>
        </tr>
      ))}
    </tbody>
  </Table>
);

/** How many accounts a blueprint set up, and how they stand to it. */
function Standing({ account, blueprint }: { readonly account: string; readonly blueprint: string }) {
  const { data } = useDrift(account, blueprint, { limit: 1 });
  if (!data) return <span className={css.quiet}>…</span>;
  const count = Object.values(data.counts).reduce((sum, one) => sum + one, 0);
  if (count === 0) return <span className={css.quiet}>none yet</span>;
  return (
    <>
      {accountsWords(count)}
      <div className={css.quiet}>{countsWords(data.counts)}</div>
    </>
  );
}
