import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import { useState } from 'react';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { Alert, Button, Cell, partsCss as css, keepFocus, Loaded, When } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { goToSignIn } from '../session/sign-in.ts';
import { deviceOf } from './device.ts';

const { session } = tenantree.trpc;

/** Where one is signed in, with a way out of each place and of all. */
export function Sessions() {
  const query = useQuery({ queryKey: ['sessions'], queryFn: () => session.list.query() });
  const [question, setQuestion] = useState<Question | null>(null);
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);

  const act = async (work: Promise<unknown>): Promise<'done' | 'refused'> => {
    try {
      await work;
      setRefusal(null);
      return 'done';
    } catch (error) {
      setRefusal(refusalOf(error));
      return 'refused';
    }
  };
  const end = async (id: string): Promise<void> => {
    await act(session.end.mutate({ id }));
    await queries.invalidateQueries({ queryKey: ['sessions'] });
    keepFocus();
  };
  const endAll = async (): Promise<void> => {
    if ((await act(session.endAll.mutate())) === 'done') goToSignIn();
  };
  const askToEndAll = (): void =>
    setQuestion({
      title: 'Sign out everywhere?',
      text: 'You are signed out on every device, this one too, and sign in again where you want to go on.',
      act: 'Sign out everywhere',
      run: () => void endAll(),
    });

  return (
    <>
      <Alert refusal={refusal} />
      <div className={css.card}>
        <Loaded query={query}>
          {(data) => (
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col">Device</th>
                  <th scope="col">Signed in</th>
                  <th scope="col">
                    <span className={css.hidden}>Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.sessions.map(({ id, userAgent, address, signedInAt, isThis }) => (
                  <tr key={id}>
                    <Cell label="Device">
                      <span className={css.two}>
                        <strong>
                          {deviceOf(userAgent)}
                          {isThis && <span className={css.muted}> (this one)</span>}
                        </strong>
                        {address !== null && address !== '' && <span className={css.muted}>from {address}</span>}
                      </span>
                    </Cell>
                    <Cell label="Signed in">
                      <When instant={signedInAt} />
                    </Cell>
                    <Cell>
                      {!isThis && (
                        <Button
                          look="danger"
                          aria-label={`Sign out ${deviceOf(userAgent)}`}
                          onClick={() => void end(id)}
                        >
                          Sign out
                        </Button>
                      )}
                    </Cell>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Loaded>
      </div>
      <div>
        <Button look="danger" onClick={askToEndAll}>
          Sign out everywhere
        </Button>
      </div>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </>
  );
}
