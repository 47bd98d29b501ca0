import { refusalOf } from '@tenantree/client';
import type { AccountDetail } from '@tenantree/widget';
import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation, useRoute } from 'wouter';
import { Button } from '../parts/parts.tsx';
import { Path } from '../parts/path.tsx';
import { Stage } from '../session/stage.tsx';
import { useMe } from '../session/use-me.ts';
import { AccountSwitcher, openSwitcher } from './account-switcher.tsx';
import { Jump } from './jump.tsx';
import { type Acts, PageActs } from './page-acts.ts';
import { type Place, placesFor } from './places.ts';
import { restrictionOf } from './restriction.ts';
import css from './shell.module.css';
import { enterAccount, leaveAccount, useActing, useArrival } from './use-account.ts';
import { useFreshAccounts } from './use-fresh-accounts.ts';
import { UserMenu } from './user-menu.tsx';
import { noteVisit } from './visits.ts';

/** Past everything that every page has. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('main')?.focus();
}

/** Remembers where one was. */
function useVisit(user: string, acting: AccountDetail | undefined): void {
  const [id, name] = [acting?.id, acting?.name];
  useEffect(() => {
    if (id !== undefined && name !== undefined) noteVisit(user, { id, name });
  }, [user, id, name]);
}

/** Marks the page and its icon while one acts in another account than one's own. */
function useActingMark(where: 'inside' | 'home'): void {
  useEffect(() => {
    document.documentElement.dataset['acting'] = where;
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (icon) icon.href = where === 'inside' ? '/icon-inside.svg' : '/icon.svg';
    // Outside every account, such as on the sign-in page, there is no frame.
    return () => {
      document.documentElement.removeAttribute('data-acting');
      if (icon) icon.href = '/icon.svg';
    };
  }, [where]);
}

type BannerProps = {
  readonly acting: AccountDetail;
  readonly home: { readonly name: string };
  readonly onReturn: () => void;
};

/** Says in which account one acts, with the way back. */
const Banner = ({ acting, home, onReturn }: BannerProps) => (
  <section className={css.banner} aria-label="Account context">
    <p role="status">
      Acting inside <strong dir="auto">{acting.name}</strong>
      <span className={css.wide}>
        {' '}
        — <Path links={acting.path} />. What you do is logged under your name.
      </span>
    </p>
    <Button className={css.return ?? ''} aria-label={`Return to ${home.name}`} onClick={onReturn}>
      <bdi>
        Return
        <span className={css.wide}>
          {' '}
          to <bdi>{home.name}</bdi>
        </span>
      </bdi>
    </Button>
  </section>
);

/** In place of an account that can’t be opened. @param lost what it is called, where one reached it until now */
function Unreached({ error, lost }: { readonly error: Error; readonly lost: string | null }) {
  const { code, message } = refusalOf(error);
  const title = code === 'NOT_FOUND' ? 'No such account' : 'This account can’t be opened';
  return (
    <Stage
      title={lost === null ? title : `You don’t reach ${lost} any more`}
      lead={lost === null ? message : 'It pays for itself now or stands elsewhere, or your access to it ended.'}
    >
      <Link href="/">To your accounts</Link>
    </Stage>
  );
}

/** The frame around every page inside an account: rail, top bar, and the violet banner while one acts in another account than one's own. */
export function Shell({ account, children }: { readonly account: string; readonly children: ReactNode }) {
  const me = useMe().data;
  const { account: acting, lost, error, home, isInside } = useActing(account);
  useFreshAccounts(acting);
  const [, navigate] = useLocation();
  const user = me?.user?.id ?? '';
  const pageActs = useRef<(() => Promise<readonly Acts[]>) | null>(null);
  const places = acting ? placesFor(acting.levels) : [];
  useVisit(user, acting);

  useActingMark(isInside ? 'inside' : 'home');
  useArrival(account, isInside ? 'inside' : home ? 'home' : 'unknown');

  if (error && !acting) return <Unreached error={error} lost={lost} />;

  return (
    <div className={css.shell}>
      <a href="#main" className={css.skip} onClick={skip}>
        Skip to the content
      </a>
      {isInside && acting && home && (
        <Banner acting={acting} home={home} onReturn={() => leaveAccount(account, home.id, navigate)} />
      )}
      <header className={css.top}>
        <AccountSwitcher
          current={acting ? { id: acting.id, name: acting.name } : null}
          own={me?.accounts ?? []}
          user={user}
          onChoose={(chosen) => enterAccount(chosen, navigate)}
        />
        {acting && restrictionOf(acting) !== '' && <span className={css.status}>{restrictionOf(acting)}</span>}
        <span className={css.grow} />
        <PageActs value={pageActs}>
          <Jump
            account={account}
            user={user}
            own={me?.accounts ?? []}
            places={places}
            onAccount={(chosen) => enterAccount(chosen, navigate)}
            onChangeAccount={openSwitcher}
            back={isInside && home ? { name: home.name, go: () => leaveAccount(account, home.id, navigate) } : null}
          />
        </PageActs>
        <UserMenu name={me?.user?.name ?? ''} email={me?.user?.email ?? ''} />
      </header>
      <nav className={css.rail} aria-label="Pages">
        {places.map((place) => (
          <RailLink key={place.path} account={account} {...place} />
        ))}
      </nav>
      <main id="main" tabIndex={-1} className={css.main}>
        <PageActs value={pageActs}>{children}</PageActs>
      </main>
    </div>
  );
}

function middleOf(element: Element): number {
  const { left, right } = element.getBoundingClientRect();
  return (left + right) / 2;
}

function RailLink({ account, path, label, icon: Icon }: Place & { readonly account: string }) {
  const href = `/a/${account}/${path}`;
  const [isHere] = useRoute(`${href}/*?`);
  const link = useRef<HTMLAnchorElement>(null);
  // Where there is little room, pages stand in a row that is longer than the window. `scrollIntoView` would let Tab begin here.
  useEffect(() => {
    const rail = link.current?.parentElement;
    if (isHere && link.current && rail) rail.scrollBy({ left: middleOf(link.current) - middleOf(rail) });
  }, [isHere]);
  return (
    <Link ref={link} href={href} className={css.link ?? ''} aria-current={isHere ? 'page' : undefined} title={label}>
      <Icon />
      <span>{label}</span>
    </Link>
  );
}
