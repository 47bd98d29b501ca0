import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../parts/avatar.tsx';
import type { tenantree } from '../server.ts';
import css from './activity.module.css';

/** One entry of a log, as the server tells it. */
export type Entry = Awaited<ReturnType<typeof tenantree.trpc.audit.list.query>>['rows'][number];

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'long' });

/** By what means somebody came in, where it isn't they themselves. */
const MEANS = { person: '', key: 'API key', embed: 'embedded screen', system: 'Tenantree itself' } as const;

/** Whether a detail has a line of its own already. The account is told once, unless it had another name then. */
const isSaid = ({ account }: Entry, name: string, value: unknown): boolean =>
  name === 'before' || name === 'after' || (name === 'account' && value === account.name);

/** Whether the sentence has the name of its account. */
const isNamed = ({ account, details }: Entry): boolean =>
  details['account'] === account.name || details['after'] === account.name;

type Props = {
  readonly entry: Entry;
  /** Where the account of the entry is shown; null where all entries are of one. */
  readonly place: { readonly href: string; readonly name: string } | null;
  readonly onlyBy: ((id: string) => void) | null;
  readonly onlyOf: ((id: string) => void) | null;
};

/** A line of a log: when, who, through which account, and what they did; opened, everything that was written down. */
export function ActivityEntry({ entry, place, onlyBy, onlyOf }: Props) {
  const { actor, at } = entry;
  const means = MEANS[actor.kind];
  return (
    <li className={css.entry}>
      <details>
        <summary className={css.line}>
          <time dateTime={at}>{TIME.format(new Date(at))}</time>
          <Avatar id={actor.id ?? actor.kind} name={actor.name} />
          <span className={css.said}>
            <strong dir="auto">{actor.name}</strong> <span dir="auto">{entry.sentence}</span>{' '}
            {means !== '' && <span className={css.means}>{means}</span>}{' '}
            {actor.via && (
              <span className={css.means} dir="auto">
                via <bdi>{actor.via.name}</bdi>
              </span>
            )}
          </span>
          {place && <bdi className={isNamed(entry) ? `${css.place} ${css.again}` : css.place}>{place.name}</bdi>}
        </summary>
        <Details entry={entry} place={place} onlyBy={onlyBy} onlyOf={onlyOf} />
      </details>
    </li>
  );
}

/** Everything that was written down. */
function Details({ entry, place, onlyBy, onlyOf }: Props) {
  const { actor, account, at } = entry;
  const means = MEANS[actor.kind];
  return (
    <dl className={css.detail}>
      <Fact name="When">{EXACT.format(new Date(at))}</Fact>
      <Fact name="Who">
        <span>
          <bdi>{actor.name}</bdi>
          {means !== '' && `, ${means}`}
          {actor.via && (
            <>
              , from <bdi>{actor.via.name}</bdi>
            </>
          )}
        </span>
        {onlyBy && actor.id !== null && <Only onChoose={() => onlyBy(actor.id ?? '')}>Only by them</Only>}
      </Fact>
      <Fact name="Account">
        {place ? <Link href={place.href}>{place.name}</Link> : <bdi>{account.name}</bdi>}
        {onlyOf && <Only onChoose={() => onlyOf(account.id)}>Only this account</Only>}
      </Fact>
      {'before' in entry.details && 'after' in entry.details && (
        <Fact name="Changed">
          <span>
            <del dir="auto">{sayDetail(entry.details['before'])}</del>
            <span aria-hidden="true"> → </span>
            <ins dir="auto">{sayDetail(entry.details['after'])}</ins>
          </span>
        </Fact>
      )}
      {Object.entries(entry.details)
        .filter(([name, value]) => !isSaid(entry, name, value))
        .map(([name, value]) => (
          <Fact key={name} name={name === 'account' ? 'Called then' : nameOf(name)}>
            <bdi>{sayDetail(value)}</bdi>
          </Fact>
        ))}
      {entry.requestId !== null && (
        <Fact name="Request">
          <code>{entry.requestId}</code>
        </Fact>
      )}
      <Fact name="Entry">
        <code>{entry.id}</code>
      </Fact>
    </dl>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Only = ({ onChoose, children }: { readonly onChoose: () => void; readonly children: string }) => (
  <button type="button" className={css.only} onClick={onChoose}>
    {children}
  </button>
);

/** `suspendedFrom` as people read it: "Suspended from". */
function nameOf(key: string): string {
  const words = key.replace(/([A-Z])/g, ' $1').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const sayDetail = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
