import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import { useState } from 'react';
import { Alert, Button, partsCss as css, Empty, errorOf, Field, Loaded, Page, Secret, when } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { useForm } from '../session/use-form.ts';

const { keys } = tenantree.trpc;

/** API keys of the acting account. */
export default function KeysPage({ account }: { readonly account: string }) {
  const query = useQuery({ queryKey: ['keys', account], queryFn: () => keys.list.query({ account }) });
  const [made, setMade] = useState<string | null>(null);
  const [failed, setFailed] = useState<CallRefusal | null>(null);
  const { refusal, isSending, onSubmit } = useForm(async ({ name = '' }) => {
    setMade((await keys.create.mutate({ account, name })).key);
    await queries.invalidateQueries({ queryKey: ['keys', account] });
    return null;
  });
  const revoke = async (id: string): Promise<void> => {
    try {
      await keys.revoke.mutate({ account, id });
      setFailed(null);
    } catch (error) {
      setFailed(refusalOf(error));
    }
    await queries.invalidateQueries({ queryKey: ['keys', account] });
  };
  return (
    <Page
      title="API keys"
      lead="For programs. A key does what its owner’s role may do in this account and below, and falls when the owner leaves."
    >
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
          Create key
        </Button>
      </form>
      <Alert refusal={refusal ?? failed} fields={['name']} />
      {made !== null && <Secret label="Copy the key now. It is not shown again." value={made} />}
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
                      <td>
                        <strong>{key.name}</strong> <span className={`${css.muted} ${css.mono}`}>{key.prefix}…</span>
                      </td>
                      <td>{key.owner.name}</td>
                      <td>{when(key.createdAt)}</td>
                      <td>{when(key.lastUsedAt)}</td>
                      <td className={css.end}>
                        {key.revokedAt === null ? (
                          <Button look="danger" onClick={() => void revoke(key.id)}>
                            Revoke
                          </Button>
                        ) : (
                          <span className={css.muted}>Revoked {when(key.revokedAt)}</span>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </div>
    </Page>
  );
}
