import { ROLE_LABELS } from '@tenantree/domain';
import { Link, Redirect } from 'wouter';
import { Avatar } from '../parts/avatar.tsx';
import { Button } from '../parts/parts.tsx';
import css from './session.module.css';
import { signOut } from './sign-in.ts';
import { Stage } from './stage.tsx';
import { useMe } from './use-me.ts';

/** The first screen: the one account one has, or a choice. */
export default function HomePage() {
  const { data } = useMe();
  if (!data) return null;
  if (data.accounts.length === 0)
    return (
      <Stage title="No account yet" lead="Nobody has given you access to an account. Ask for an invitation.">
        <Link href="/you">Your profile</Link>
        <Button onClick={() => void signOut()}>Sign out</Button>
      </Stage>
    );
  if (data.accounts.length === 1 && data.home) return <Redirect to={`/a/${data.home}/subaccounts`} replace />;
  return (
    <Stage title="Choose an account">
      <ul className={css.list}>
        {data.accounts.map(({ id, name, role }) => (
          <li key={id}>
            <Link href={`/a/${id}/subaccounts`}>
              <Avatar id={id} name={name} />
              <bdi>{name}</bdi>
              <span className={css.lead}>{role && ROLE_LABELS[role]}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Stage>
  );
}
