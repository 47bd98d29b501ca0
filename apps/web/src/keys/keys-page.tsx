import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import { useState } from 'react';
import { Confirm, type Question } from '../parts/confirm.tsx';
import {
  Alert,
  Button,
  Cell,
  partsCss as css,
  Empty,
  errorOf,
  Field,
  keepFocus,
  Loaded,
  Page,
  When,
} from '../parts/parts.tsx';
import { Secret } from '../parts/secret.tsx';
import { queries, tenantree } from '../server.ts';
import { useForm } from '../session/use-form.ts';
import { useProof } from '../session/use-proof.tsx';
import { useAccount } from '../shell/use-account.ts';

const { keys } = tenantree.trpc;

/** API keys of the acting account. */
export default function KeysPage({ account }: { readonly account: string }) {
  const query = useQuery({ queryKey: ['keys', account], queryFn: () => keys.list.query({ account }) });
  const mayChange = useAccount(account).data?.levels['developers.apiKeys'] === 'full';
  const [question, setQuestion] = useState<Question | null>(null);
  const [made, setMade] = useState<{ readonly id: string; readonly key: string } | null>(null);
  const [failed, setFailed] = useState<CallRefusal | null>(null);
  const { prove, dialog } = useProof();
  const { refusal, isSending, onSubmit } = useForm(async ({ name = '' }) => {
    setMade(await prove(() => keys.create.mutate({ account, name })));
    await queries.invalidateQueries({ queryKey: ['keys', account] });
    return 'next';
  });
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
      {mayChange && (
        <form className={`${css.card} ${css.inline}`} onSubmit={onSubmit}>
          <Field
            label="Name of the new key"
            name="name"
            placeholder="CRM sync"
            autoComplete="off"
            required
            error={errorOf(refusal, 'name')}
          />
          <Button type="submit" look="primary" disabled={isSending}>
            {isSending ? 'Creating…' : 'Create key'}
          </Button>
        </form>
      )}
      <Alert refusal={refusal ?? failed} fields={['name']} />
      {made !== null && (
        <Secret key={made.id} label="Copy the key now. It is not shown again." what="key" value={made.key} />
      )}
      <div className={css.card}>
        <Loaded query={query}>
          {(data) =>
            data.keys.length === 0 ? (
              <Empty>No API keys yet. Create one to call Tenantree from your own programs, or to run the demo.</Empty>
            ) : (
              <table className={css.table}>
                <thead>
                  <tr>
                    <th scope="col">Key</th>
                    <th scope="col">Owner</th>
                    <th scope="col">Created</th>
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
                        </span>
                      </Cell>
                      <Cell label="Owner">{key.owner.name}</Cell>
                      <Cell label="Created">
                        <When instant={key.createdAt} />
                      </Cell>
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
      {dialog}
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </Page>
  );
}
