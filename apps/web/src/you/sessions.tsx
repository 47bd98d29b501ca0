import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import type { Table as Recipe } from '@tenantree/widget/rooms';
import { useState } from 'react';
import { ask } from '../parts/ask.ts';
import { Alert, Button, keepFocus, Loaded } from '../parts/parts.tsx';
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
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);

  const end = async (id: string): Promise<void> => {
    try {
      await session.end.mutate({ id });
      setRefusal(null);
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    await queries.invalidateQueries({ queryKey: ['sessions'] });
    keepFocus();
  };
  const askToEndAll = (): void =>
    void ask({
      title: 'Sign out everywhere?',
      text: 'You are signed out on every device, this one too, and sign in again where you want to go on.',
      submit: 'Sign out everywhere',
      act: async () => {
        await session.endAll.mutate();
        goToSignIn();
      },
    });

  return (
    <>
      <Alert refusal={refusal} />
      <div className="card">
        <Loaded query={query}>{(data) => <Table recipe={sessionsTable(data.sessions, (id) => void end(id))} />}</Loaded>
      </div>
      <div>
        <Button look="danger" onClick={askToEndAll}>
          Sign out everywhere
        </Button>
      </div>
    </>
  );
}
