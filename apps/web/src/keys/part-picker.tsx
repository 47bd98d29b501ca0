import { useQuery } from '@tanstack/react-query';
import type { AccountId } from '@tenantree/domain';
import { useState } from 'react';
import { Button, Field } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import keysCss from './keys.module.css';

/** A part of an account's subtree. */
export type Part = { readonly id: AccountId; readonly name: string };

const MATCHES = 8;

type Props = {
  readonly account: string;
  readonly parts: readonly Part[];
  readonly onChange: (parts: readonly Part[]) => void;
  readonly error: string | null;
  readonly label?: string;
  readonly chosenLabel?: string;
};

/** Chooses subaccounts, however far down, by searching for them. */
export function PartPicker({
  account,
  parts,
  onChange,
  error,
  label = 'Subaccounts that it reaches, with what is below them',
  chosenLabel = 'It reaches these, and what is below them',
}: Props) {
  const [text, setText] = useState('');
  const wanted = text.trim();
  const { data } = useQuery({
    queryKey: ['parts', account, wanted],
    enabled: wanted !== '',
    queryFn: () => tenantree.trpc.accounts.search.query({ account, query: wanted, limit: MATCHES }),
    placeholderData: (before) => before,
  });
  const found = (wanted === '' ? [] : (data?.matches ?? [])).flatMap((match) => {
    const row = data?.rows.find(({ id }) => id === match);
    return row && !parts.some(({ id }) => id === row.id) ? [{ id: row.id, name: row.name }] : [];
  });
  const add = (part: Part): void => {
    onChange([...parts, part]);
    setText('');
  };
  return (
    <div className={keysCss.parts}>
      <Chosen parts={parts} onChange={onChange} label={chosenLabel} />
      <Field
        label={label}
        placeholder="Search by name, id or external id"
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          if (found[0]) add(found[0]);
        }}
        error={error}
      />
      <ul className={keysCss.found} aria-label="Found">
        {found.map((part) => (
          <li key={part.id}>
            <Button onClick={() => add(part)} aria-label={`Add ${part.name}`}>
              + <bdi>{part.name}</bdi>
            </Button>
          </li>
        ))}
      </ul>
      <span className="hidden" role="status">
        {wanted !== '' && data ? `${found.length} found` : ''}
      </span>
    </div>
  );
}

type ChosenProps = Pick<Props, 'parts' | 'onChange'> & { readonly label: string };

const Chosen = ({ parts, onChange, label }: ChosenProps) =>
  parts.length > 0 && (
    <ul className={keysCss.chosen} aria-label={label}>
      {parts.map((part) => (
        <li key={part.id}>
          <bdi>{part.name}</bdi>
          <Button
            look="quiet"
            aria-label={`Leave out ${part.name}`}
            onClick={() => onChange(parts.filter(({ id }) => id !== part.id))}
          >
            ×
          </Button>
        </li>
      ))}
    </ul>
  );
