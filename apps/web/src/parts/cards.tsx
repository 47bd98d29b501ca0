import { type CallRefusal, refusalOf } from '@tenantree/client';
import { type ComponentProps, type ReactElement, type ReactNode, useId, useRef, useState } from 'react';
import { ChevronIcon } from '../shell/icons.tsx';
import css from './cards.module.css';
import { Alert, Button } from './parts.tsx';

/** A part of a page in its frame. */
export const Card = ({
  title,
  aside,
  children,
}: {
  readonly title: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) => (
  <section className="card">
    <div className={css.head}>
      <h2>{title}</h2>
      <div>{aside}</div>
    </div>
    {children}
  </section>
);

/** What stands above a column: words, above figures too; null: nothing. */
type Column = string | ReactElement | { readonly figure: string } | null;

const columnHead = (column: Column, n: number): ReactElement => {
  if (column === null) return <td key={n} />;
  const isOfFigures = typeof column === 'object' && 'figure' in column;
  return (
    <th key={n} scope="col" className={isOfFigures ? css.number : undefined}>
      {isOfFigures ? column.figure : column}
    </th>
  );
};

/** A table, which is scrolled by itself where it is wider than its page, by keys too. @param children its bodies and feet */
export const Table = ({
  label,
  caption,
  columns,
  children,
}: {
  readonly label: string;
  readonly caption?: ReactNode;
  readonly columns: readonly Column[];
  readonly children: ReactNode;
}) => (
  <div className={css.scroll} tabIndex={0} role="region" aria-label={label}>
    <table className={css.table}>
      {caption !== undefined && <caption className={css.caption}>{caption}</caption>}
      <thead>
        <tr>{columns.map(columnHead)}</tr>
      </thead>
      {children}
    </table>
  </div>
);

/** A figure with what it says and what belongs to it. */
export const Tile = ({
  label,
  value,
  note = '',
  tone = 'plain',
}: {
  readonly label: string;
  readonly value: string;
  readonly note?: ReactNode;
  readonly tone?: 'plain' | 'loss';
}) => (
  <div>
    <dt>{label}</dt>
    <dd>
      <strong className={tone === 'loss' ? css.loss : ''}>{value}</strong>
      <small>{note}</small>
    </dd>
  </div>
);

/** One of several, to be chosen from a list. */
export function Select({ label, children, ...rest }: ComponentProps<'select'> & { readonly label: string }) {
  const id = useId();
  return (
    <div className="row">
      <label htmlFor={id}>{label}</label>
      <div className="field">
        <select id={id} {...rest}>
          {children}
        </select>
        <ChevronIcon />
      </div>
    </div>
  );
}

/** Does what takes a while, once at a time, and says what the last try failed with. */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);
  // State is a render late for a double click.
  const running = useRef(false);
  const act = async (does: () => Promise<void>): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setRefusal(null);
    try {
      await does();
    } catch (error) {
      setRefusal(refusalOf(error));
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { busy, refusal, act };
}

/** A button that does something that takes a while, once at a time; what it fails with is said beside it. */
export function Act({
  does,
  working,
  children,
  label,
  look = 'plain',
}: {
  readonly does: () => Promise<void>;
  readonly working: string;
  readonly children: ReactNode;
  /** What it is called by those who don't see beside what it stands. */
  readonly label?: string;
  readonly look?: 'plain' | 'primary';
}) {
  const { busy, refusal, act } = useAct();
  return (
    <>
      <Button look={look} aria-label={busy ? undefined : label} aria-disabled={busy} onClick={() => void act(does)}>
        {busy ? working : children}
      </Button>
      <Alert refusal={refusal} />
    </>
  );
}

/** Pages of a list, one after the other, by the cursors that led to them. */
export type Pages = {
  /** Where the page that is looked at begins; undefined: it is the first. */
  readonly cursor: string | undefined;
  /** Turns the page. @param next where the one after it begins; null: it is the last */
  readonly turner: (next: string | null) => ReactNode;
};

/** Turns the pages of a list, whose newest come first unless its turners say otherwise. */
export function usePages([back, on]: readonly [string, string] = ['Newer', 'Older']): Pages {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return {
    cursor: cursors.at(-1),
    turner: (next) =>
      (cursors.length > 0 || next !== null) && (
        <div className={`${css.in} ${css.acts}`}>
          {cursors.length > 0 && <Button onClick={() => setCursors(cursors.slice(0, -1))}>{back}</Button>}
          {next !== null && <Button onClick={() => setCursors([...cursors, next])}>{on}</Button>}
        </div>
      ),
  };
}
