import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import { type KeyScopes, PERMISSIONS } from '@tenantree/domain';
import { useState } from 'react';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { Alert, Button, Cell, partsCss as css, Empty, keepFocus, Loaded, Page, When } from '../parts/parts.tsx';
import { Secret } from '../parts/secret.tsx';
import { queries, tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { CreateKey } from './create-key.tsx';
import { Packages } from './packages.tsx';

const { keys } = tenantree.trpc;

type Bounds = {
  readonly scopes: KeyScopes;
  readonly within: readonly { readonly name: string }[] | null;
  readonly madeBy: { readonly name: string | null } | null;
};

/** What keeps a key to less than its owner's role here and below, in words. */
function boundsOf({ scopes, within, madeBy }: Bounds): string[] {
  const levels = PERMISSIONS.flatMap(({ key, label }) =>
    scopes === '*' || scopes[key] === undefined ? [] : [`${label}: ${scopes[key]}`],
  );
  return [
    ...(scopes === '*' ? [] : [levels.length === 0 ? 'May do nothing' : levels.join(', ')]),
    ...(within === null
      ? []
      : [within.length === 0 ? 'Reaches nothing' : `In ${within.map(({ name }) => name).join(', ')}`]),
    ...(madeBy === null
      ? []
      : [`Made with ${madeBy.name === null ? 'a key of an account above' : `the key ${madeBy.name}`}`]),
  ];
}

/** API keys of the acting account. */
export default function KeysPage({ account }: { readonly account: string }) {
  const query = useQuery({ queryKey: ['keys', account], queryFn: () => keys.list.query({ account }) });
  const mayChange = useAccount(account).data?.levels['developers.apiKeys'] === 'full';
  const [question, setQuestion] = useState<Question | null>(null);
  const [made, setMade] = useState<{ readonly id: string; readonly key: string } | null>(null);
  const [failed, setFailed] = useState<CallRefusal | null>(null);
  const askToRevoke = (id: string, name: string): void =>
    setQuestion({
      title: `Revoke ${name}?`,
      text: 'Programs that use this key are refused from now on. A revoked key never comes back.',
      act: `Revoke ${name}`,
      run: () => void revoke(id),
    });
  const revoke = async (id: string): Promise<void> => {
    try {
      await keys.revoke.mutate({ account, id });
      setFailed(null);
      setMade((shown) => (shown?.id === id ? null : shown));
    } catch (error) {
      setFailed(refusalOf(error));
    }
    await queries.invalidateQueries({ queryKey: ['keys', account] });
    keepFocus();
  };
  return (
    <Page
      title="API keys"
      lead="Keys let your programs act with their owner’s role here and below. They stop working when the owner leaves."
    >
      {mayChange && <CreateKey account={account} onMade={setMade} />}
      <Alert refusal={failed} />
      {made !== null && (
        <Secret key={made.id} label="Copy the key now. It is not shown again." what="key" value={made.key} />
      )}
      <div className={css.card}>
        <Loaded query={query}>
          {(data) =>
            data.keys.length === 0 ? (
              <Empty>
                No API keys yet.
                {mayChange && ' Create one to call Tenantree from your own programs, or to run the demo.'}
              </Empty>
            ) : (
              <table className={css.table}>
                <thead>
                  <tr>
                    <th scope="col">Key</th>
                    <th scope="col">Owner</th>
                    <th scope="col">Created</th>
                    <th scope="col">Ends</th>
                    <th scope="col">Last used</th>
                    <th scope="col">
                      <span className={css.hidden}>Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {data.keys.map((key) => (
                    <tr key={key.id}>
                      <Cell label="Key">
                        <span className={css.two}>
                          <strong dir="auto">{key.name}</strong>
                          <span className={`${css.muted} ${css.mono}`}>{key.prefix}…</span>
                          {boundsOf(key).map((bound) => (
                            <span key={bound} className={css.muted} dir="auto">
                              {bound}
                            </span>
                          ))}
                        </span>
                      </Cell>
                      <Cell label="Owner">{key.owner.name}</Cell>
                      <Cell label="Created">
                        <When instant={key.createdAt} />
                      </Cell>
                      <Cell label="Ends">{key.expiresAt === null ? 'Never' : <When instant={key.expiresAt} />}</Cell>
                      <Cell label="Last used">
                        {key.lastUsedAt === null ? 'Never' : <When instant={key.lastUsedAt} />}
                      </Cell>
                      <Cell>
                        {key.revokedAt !== null ? (
                          <span className={css.muted}>
                            Revoked <When instant={key.revokedAt} />
                          </span>
                        ) : (
                          mayChange && (
                            <Button
                              look="danger"
                              aria-label={`Revoke ${key.name}`}
                              onClick={() => askToRevoke(key.id, key.name)}
                            >
                              Revoke
                            </Button>
                          )
                        )}
                      </Cell>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </div>
      <Packages />
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </Page>
  );
}
