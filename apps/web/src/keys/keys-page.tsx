import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../parts/ask.ts';
import { Empty, keepFocus, Loaded, Page } from '../parts/parts.tsx';
import { Secret } from '../parts/secret.tsx';
import { Table } from '../parts/table.tsx';
import { queries, tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { CreateKey } from './create-key.tsx';
import { keysTable } from './keys-table.ts';
import { Packages } from './packages.tsx';

const { keys } = tenantree.trpc;

/** API keys of the acting account. */
export default function KeysPage({ account }: { readonly account: string }) {
  const query = useQuery({ queryKey: ['keys', account], queryFn: () => keys.list.query({ account }) });
  const mayChange = useAccount(account).data?.levels['developers.apiKeys'] === 'full';
  const [made, setMade] = useState<{ readonly id: string; readonly key: string } | null>(null);
  const askToRevoke = (id: string, name: string): void =>
    void ask({
      title: `Revoke ${name}?`,
      text: 'Programs that use this key are refused from now on. A revoked key never comes back.',
      submit: `Revoke ${name}`,
      act: () => revoke(id),
    }).then(keepFocus);
  const revoke = async (id: string): Promise<void> => {
    await keys.revoke.mutate({ account, id });
    setMade((shown) => (shown?.id === id ? null : shown));
    await queries.invalidateQueries({ queryKey: ['keys', account] });
  };
  return (
    <Page
      title="API keys"
      lead="Keys let your programs act with their owner’s role here and below. They stop working when the owner leaves."
    >
      {mayChange && <CreateKey account={account} onMade={setMade} />}
      {made !== null && (
        <Secret key={made.id} label="Copy the key now. It is not shown again." what="key" value={made.key} />
      )}
      <div className="card">
        <Loaded query={query}>
          {(data) =>
            data.keys.length === 0 ? (
              <Empty>
                No API keys yet.
                {mayChange && ' Create one to call Tenantree from your own programs, or to run the demo.'}
              </Empty>
            ) : (
              <Table recipe={keysTable(data.keys, mayChange ? askToRevoke : null)} />
            )
          }
        </Loaded>
      </div>
      <Packages />
    </Page>
  );
}
