import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import type { Table as Recipe } from '@tenantree/widget/rooms';
import { useState } from 'react';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { Alert, Button, partsCss as css, keepFocus, Loaded } from '../parts/parts.tsx';
import { Table } from '../parts/table.tsx';
import { queries, tenantree } from '../server.ts';
import { goToSignIn } from '../session/sign-in.ts';
import { texts } from '../texts.ts';
import { deviceOf } from './device.ts';

const { session } = tenantree.trpc;

type Session = Awaited<ReturnType<typeof session.list.query>>['sessions'][number];

const sessionsTable = (sessions: readonly Session[], end: (id: Session['id']) => void): Recipe<Session> => ({
  rows: sessions,
  keyOf: ({ id }) => id,
  columns: [
    {
      label: 'Device',
      cell: ({ userAgent, address, isThis }) => ({
        text: deviceOf(userAgent),
        tone: 'strong',
        ...(isThis && { aside: '(this one)' }),
        lines: address ? [`from ${address}`] : [],
      }),
    },
    { label: 'Signed in', cell: ({ signedInAt: at }) => ({ text: texts.numbers.dateTime(at), at }) },
  ],
  actsLabel: 'Actions',
  actsOf: ({ id, userAgent, isThis }) => {
    const act = (): void => end(id);
    return isThis ? [] : [{ label: 'Sign out', name: `Sign out ${deviceOf(userAgent)}`, tone: 'danger', act }];
  },
});

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
        <Loaded query={query}>{(data) => <Table recipe={sessionsTable(data.sessions, (id) => void end(id))} />}</Loaded>
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
