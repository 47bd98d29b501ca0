import { useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import { highestRole, ROLE_LABELS, ROLE_SUMMARIES, ROLES, type Role, ranksAbove } from '@tenantree/domain';
import { useState } from 'react';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { Alert, partsCss as css, keepFocus, Loaded, Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { useMe } from '../session/use-me.ts';
import { useAccount } from '../shell/use-account.ts';
import { Invite } from './invite.tsx';
import { MembersTable, type People } from './members-table.tsx';

const { members } = tenantree.trpc;

/** People of the acting account: who is in, who is invited, and their roles. */
export default function MembersPage({ account }: { readonly account: string }) {
  const query = useQuery({ queryKey: ['members', account], queryFn: () => members.list.query({ account }) });
  const acting = useAccount(account).data;
  const who = useMe().data;
  const me = who?.user?.id ?? '';
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const mayChange = acting?.levels['account.members'] === 'full';
  const name = acting?.name ?? 'this account';
  // Nobody gives or changes a role above their own (product.md 3.2), which may come from an account above.
  const above = who?.accounts.filter(({ id }) => acting?.path.some((link) => link.id === id)) ?? [];
  const own = query.data?.members.filter(({ userId }) => userId === me) ?? [];
  const rank = highestRole([...above, ...own].flatMap(({ role }) => role ?? []));
  const roles = ROLES.filter((role) => rank !== null && !ranksAbove(role, rank));
  // A subaccount begins without anybody (decisions.md 3): the first who is invited answers for it.
  const isOwnerless = query.data !== undefined && !hasOwner(query.data);
  const usual = isOwnerless && mayChange && roles.includes('owner') ? 'owner' : 'member';

  const act = async (work: Promise<unknown>, whose: 'mine' | 'theirs' = 'theirs'): Promise<void> => {
    try {
      await work;
      setRefusal(null);
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    // What I may see and do follows from what I am.
    await (whose === 'mine'
      ? queries.invalidateQueries()
      : queries.invalidateQueries({ queryKey: ['members', account] }));
    keepFocus();
  };

  // Asked first: with arrow keys one walks through the roles, and each of them is felt at once.
  const setRole = (userId: string, person: string, role: Role): void => {
    const isMine = userId === me;
    const label = ROLE_LABELS[role];
    setQuestion({
      title: isMine ? `Change my role in ${name} to ${label}?` : `Make ${person} ${label} in ${name}?`,
      text: isMine
        ? `You won’t be able to undo this yourself. ${label}: ${ROLE_SUMMARIES[role]}`
        : `${label}: ${ROLE_SUMMARIES[role]} It holds at once, also for their API keys. You can change it back.`,
      act: isMine ? `Change my role to ${label}` : `Make ${label}`,
      look: isMine ? 'grave' : 'primary',
      run: () => void act(members.setRole.mutate({ account, userId, role }), isMine ? 'mine' : 'theirs'),
    });
  };

  const remove = (userId: string, person: string): void => {
    const isMine = userId === me;
    setQuestion({
      title: isMine ? `Leave ${name}?` : `Remove ${person} from ${name}?`,
      text: `${isMine ? 'You lose' : `${person} loses`} access at once. API keys that ${isMine ? 'you' : 'they'} made here stop working for good, and open invitations of ${isMine ? 'yours' : 'theirs'} are withdrawn. A new invitation brings ${isMine ? 'you' : 'them'} back.`,
      act: isMine ? `Leave ${name}` : `Remove ${person}`,
      run: () => void act(members.remove.mutate({ account, userId }), isMine ? 'mine' : 'theirs'),
    });
  };

  const withdraw = (id: string, email: string): void =>
    setQuestion({
      title: `Withdraw the invitation of ${email}?`,
      text: 'Its link stops working. You can invite the same address again.',
      act: 'Withdraw invitation',
      run: () => void act(members.revokeInvitation.mutate({ account, id })),
    });

  return (
    <Page
      title="Members"
      lead="People who belong to this account. Owners, admins and agency admins reach the accounts below it, too."
    >
      {mayChange && <Invite account={account} roles={roles} usual={usual} />}
      <Alert refusal={refusal} />
      <div className={css.card}>
        <Loaded query={query}>
          {(data) => (
            <>
              {isOwnerless && <p className={css.muted}>{noOwnerYet(data, usual === 'owner' ? 'invite' : 'wait')}</p>}
              {data.members.length + data.invitations.length > 0 && (
                <MembersTable
                  {...data}
                  me={me}
                  rights={mayChange ? 'change' : 'read'}
                  roles={roles}
                  onRole={setRole}
                  onRemove={remove}
                  onWithdraw={withdraw}
                />
              )}
            </>
          )}
        </Loaded>
      </div>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </Page>
  );
}

/** Whether somebody answers for an account, or is asked to. */
const hasOwner = ({ members, invitations }: People): boolean =>
  [...members, ...invitations].some(({ role }) => role === 'owner');

/** What is said of an account that nobody answers for. */
function noOwnerYet({ members, invitations }: People, rights: 'invite' | 'wait'): string {
  const who =
    members.length + invitations.length === 0 ? 'Nobody is in this account yet' : 'This account has no owner yet';
  return rights === 'invite'
    ? `${who}: invite its first owner.`
    : `${who}. Its first owner is invited by an owner of an account above.`;
}
