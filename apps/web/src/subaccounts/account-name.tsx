import type { AccountDetail } from '@tenantree/widget';
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { Button, partsCss } from '../parts/parts.tsx';
import css from './subaccounts.module.css';

type Props = {
  readonly account: AccountDetail;
  readonly state: 'shown' | 'editing';
  /** `h1` where the account is the whole page. */
  readonly level: 'h1' | 'h2';
  readonly heading: RefObject<HTMLHeadingElement | null>;
  /** Renames; answers with why it was refused. */
  readonly onRename: (name: string) => Promise<string | null>;
  readonly onEnd: () => void;
};

/** The account's name as a heading, and in its place a field while it is renamed: Enter keeps, Escape gives up. */
export function AccountName({ account, state, level: Heading, heading, onRename, onEnd }: Props) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    if (state === 'shown' && wasEditing.current) heading.current?.focus();
    wasEditing.current = state === 'editing';
  }, [state, heading]);

  const end = (): void => {
    setRefusal(null);
    onEnd();
  };
  const save = async (): Promise<void> => {
    const name = field.current?.value.trim() ?? '';
    if (name === account.name) return end();
    setSending(true);
    const refused = await onRename(name);
    setSending(false);
    setRefusal(refused);
    if (refused === null) end();
    else field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Escape closes one layer: this one.
    event.stopPropagation();
    if (event.key === 'Escape') end();
  };

  if (state === 'shown')
    return (
      <Heading ref={heading} tabIndex={-1} className={css.name}>
        <Avatar id={account.id} name={account.name} />
        <span dir="auto">{account.name}</span>
      </Heading>
    );
  return (
    <form
      className={css.rename}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isSending) void save();
      }}
    >
      <input
        ref={field}
        className={partsCss.input}
        aria-label={`New name of ${account.name}`}
        aria-invalid={refusal !== null}
        aria-describedby={refusal === null ? undefined : 'rename-error'}
        defaultValue={account.name}
        dir="auto"
        autoComplete="off"
        autoFocus
        onFocus={(event) => event.target.select()}
        onKeyDown={onKeyDown}
      />
      <Button type="submit" look="primary" disabled={isSending}>
        Rename
      </Button>
      <Button look="quiet" onClick={end}>
        Cancel
      </Button>
      {refusal !== null && (
        <p id="rename-error" className={partsCss.error} role="alert">
          {refusal}
        </p>
      )}
    </form>
  );
}
