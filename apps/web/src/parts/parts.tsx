import { type CallRefusal, refusalOf } from '@tenantree/client';
import { type ComponentProps, type ReactNode, useEffect, useId, useRef } from 'react';
import { usePageTitle } from '../shell/use-page-title.ts';
import css from './parts.module.css';

type ButtonProps = ComponentProps<'button'> & { readonly look?: 'plain' | 'primary' | 'quiet' | 'danger' };

const LOOKS = {
  plain: '',
  primary: 'primary',
  quiet: css.quiet,
  /** Leads to a question that something grave follows from. */
  danger: `${css.quiet} ${css.danger}`,
} as const;

/** A button that says what it does. */
export function Button({ look = 'plain', className = '', type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={`button ${LOOKS[look]} ${className}`} {...rest} />;
}

type FieldProps = ComponentProps<'input'> & {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | null;
};

/** A labelled text field with its hint, and the server's word on it. */
export function Field({ label, hint, error, ...rest }: FieldProps) {
  const id = useId();
  const described = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className="row">
      <label htmlFor={id}>{label}</label>
      <div className={error ? 'field invalid' : 'field'}>
        <input id={id} aria-invalid={error ? true : undefined} aria-describedby={described} {...rest} />
      </div>
      {error ? (
        <span id={`${id}-error`} className="error" role="alert">
          {error}
        </span>
      ) : (
        hint && (
          <span id={`${id}-hint`} className="hint">
            {hint}
          </span>
        )
      )}
    </div>
  );
}

/** What the server said of a field, when its refusal is about that one. */
export const errorOf = (refusal: CallRefusal | null, field: string): string | null =>
  refusal?.field === field ? refusal.message : null;

/** A refusal that no field of the form is to blame for. */
export function Alert({
  refusal,
  fields = [],
}: {
  readonly refusal: CallRefusal | null;
  readonly fields?: readonly string[];
}) {
  if (!refusal || (refusal.field !== undefined && fields.includes(refusal.field))) return null;
  return (
    <div className={css.alert} role="alert">
      {refusal.message}
    </div>
  );
}

/**
 * Gives the focus to the title of a page that one turned to, so that screen readers say where one is. When the app is opened or loaded
 * again they say it by themselves, and the first stop of Tab is the link past what every page has (main.tsx).
 */
export function focusTitle(title: HTMLElement | null | undefined): void {
  if (!('untouched' in document.documentElement.dataset)) title?.focus({ preventScroll: true });
}

/** A page: its one title takes the focus when the page is entered. */
export function Page({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  usePageTitle(title);
  useEffect(() => focusTitle(heading.current), []);
  return (
    <div className={css.page}>
      <header>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p className={css.lead}>{lead}</p>
      </header>
      {children}
    </div>
  );
}

/** Goes on from the title of the page where what had the focus is gone, such as the button of a row that was taken away. */
export function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>('main h1')?.focus();
  });
}

type Query<T> = {
  readonly data: T | undefined;
  readonly error: unknown;
  /** Why the last try failed, while another one is made. */
  readonly failureReason: unknown;
  readonly refetch: () => unknown;
};

/** What a list shows: that it is on its way, why it can't be shown, that it is empty, or its content. */
export function Loaded<T>({
  query,
  missing = 'No such account',
  children,
}: {
  readonly query: Query<T>;
  /** What is said where there is no such thing. */
  readonly missing?: string;
  readonly children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (!query.error)
    return (
      <div className={`${css.state} ${css.waiting}`} role="status" aria-busy="true">
        {query.failureReason ? <p>{refusalOf(query.failureReason).message} Trying again …</p> : <p>Loading …</p>}
      </div>
    );
  const refusal = refusalOf(query.error);
  const isForbidden = refusal.code === 'FORBIDDEN';
  const isMissing = refusal.code === 'NOT_FOUND';
  return (
    <div className={css.state} role="alert">
      <h2>{isForbidden ? 'You may not see this' : isMissing ? missing : 'This could not be loaded'}</h2>
      <p>{refusal.message}</p>
      {isForbidden && <p>An owner of the account can give you a role that may.</p>}
      {!isForbidden && !isMissing && <Button onClick={() => void query.refetch()}>Try again</Button>}
    </div>
  );
}

/** What stands in place of a page on which somebody may do nothing: what they can't do there, and which permission that takes. */
export const NotForYou = ({
  account,
  act,
  permission,
}: {
  readonly account: string;
  readonly act: string;
  readonly permission: string;
}) => (
  <div className={css.state} role="alert">
    <h2>
      You can’t {act} in <bdi>{account}</bdi>
    </h2>
    <p>
      This needs the permission {permission}. An owner or admin of <bdi>{account}</bdi> can grant it.
    </p>
  </div>
);

/** A calm sentence where a list is empty. */
export const Empty = ({ children }: { readonly children: ReactNode }) => <div className={css.state}>{children}</div>;

export { css as partsCss };
