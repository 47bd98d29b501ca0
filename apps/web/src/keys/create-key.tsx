import type { CallRefusal } from '@tenantree/client';
import { DAY_MS, type Level, PERMISSION_CATEGORIES, PERMISSIONS, type PermissionKey } from '@tenantree/domain';
import { type ComponentProps, useId, useState } from 'react';
import { Alert, Button, partsCss as css, errorOf, Field } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { prove } from '../session/prove.ts';
import { useForm, type Values } from '../session/use-form.ts';
import { ChevronIcon } from '../shell/icons.tsx';
import keysCss from './keys.module.css';
import { type Part, PartPicker } from './part-picker.tsx';

const { keys } = tenantree.trpc;

/** After how many days a key ends. */
const ENDS = [
  { label: 'In 30 days', days: 30 },
  { label: 'In 90 days', days: 90 },
  { label: 'In a year', days: 365 },
  { label: 'Never', days: null },
] as const;
const USUAL_END = '365';

const NO_PART: CallRefusal = {
  code: 'BAD_REQUEST',
  message: 'Choose at least one subaccount.',
  field: 'within',
  retryable: false,
};

const NO_PERMISSION: CallRefusal = {
  code: 'BAD_REQUEST',
  message: 'Choose at least one permission: with none of them a key may do nothing.',
  retryable: false,
};

/** Name of the field that has the level of a permission. */
const fieldOf = (key: PermissionKey): string => `scope:${key}`;

const expiryOf = (days: string): string | null =>
  days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();

const scopesOf = (values: Values): Record<string, string> =>
  Object.fromEntries(
    PERMISSIONS.map(({ key }) => [key, values[fieldOf(key)] ?? 'none']).filter(([, level]) => level !== 'none'),
  );

/** Makes an API key of an account. @param onMade told the secret, which is in no other answer */
export function CreateKey({
  account,
  onMade,
}: {
  readonly account: string;
  readonly onMade: (made: { readonly id: string; readonly key: string }) => void;
}) {
  const [may, setMay] = useState('all');
  const [reach, setReach] = useState('all');
  const [parts, setParts] = useState<readonly Part[]>([]);
  const { refusal, isSending, onSubmit } = useForm(async (values) => {
    const within = reach === 'all' ? {} : { within: parts.map(({ id }) => id) };
    if (reach !== 'all' && parts.length === 0) return NO_PART;
    const scopes = scopesOf(values);
    if (may === 'some' && Object.keys(scopes).length === 0) return NO_PERMISSION;
    const terms = { expiresAt: expiryOf(values['ends'] ?? USUAL_END), ...(may === 'some' && { scopes }) };
    onMade(await prove(() => keys.create.mutate({ account, name: values['name'] ?? '', ...terms, ...within })));
    setMay('all');
    setReach('all');
    setParts([]);
    void queries.invalidateQueries({ queryKey: ['keys', account] });
    return 'next';
  });
  return (
    <>
      <form className={`card ${css.inline}`} onSubmit={onSubmit}>
        <Field
          label="Name of the new key"
          name="name"
          placeholder="CRM sync"
          autoComplete="off"
          required
          error={errorOf(refusal, 'name')}
        />
        <Ends />
        <Choice label="What it may do" value={may} onChange={(event) => setMay(event.target.value)}>
          <option value="all">Everything its owner’s role may</option>
          <option value="some">Only what I choose</option>
        </Choice>
        <Choice label="Where it reaches" value={reach} onChange={(event) => setReach(event.target.value)}>
          <option value="all">Here and everything below</option>
          <option value="some">Only some subaccounts</option>
        </Choice>
        {may === 'some' && <Scopes />}
        {reach === 'some' && (
          <PartPicker account={account} parts={parts} onChange={setParts} error={errorOf(refusal, 'within')} />
        )}
        <Button type="submit" look="primary" disabled={isSending}>
          {isSending ? 'Creating…' : 'Create key'}
        </Button>
      </form>
      <Alert refusal={refusal} fields={['name', 'within']} />
    </>
  );
}

const Ends = () => (
  <Choice className={css.short} label="Ends" name="ends" defaultValue={USUAL_END}>
    {ENDS.map(({ label, days }) => (
      <option key={label} value={days ?? ''}>
        {label}
      </option>
    ))}
  </Choice>
);

/** A labelled list of which one is chosen. */
function Choice({ label, className = '', ...rest }: ComponentProps<'select'> & { readonly label: string }) {
  const id = useId();
  return (
    <div className={`row ${className}`}>
      <label htmlFor={id}>{label}</label>
      <div className="field">
        <select id={id} {...rest} />
        <ChevronIcon />
      </div>
    </div>
  );
}

const LEVEL_LABELS: Readonly<Record<Level, string>> = { none: 'None', read: 'Read', limited: 'Limited', full: 'Full' };

/** The highest level of each permission, none until one is chosen. */
const Scopes = () => (
  <fieldset className={keysCss.scopes}>
    <legend>At most, and never more than its owner’s role</legend>
    {PERMISSION_CATEGORIES.map((category) => (
      <div key={category} className={keysCss.category}>
        <h3>{category}</h3>
        {PERMISSIONS.filter((row) => row.category === category).map(({ key, label, controller, levels }) => (
          <Choice
            key={key}
            className={controller === null ? keysCss.scope : `${keysCss.scope} ${keysCss.controlled}`}
            label={label}
            name={fieldOf(key)}
            defaultValue="none"
          >
            {levels.map((level) => (
              <option key={level} value={level}>
                {LEVEL_LABELS[level]}
              </option>
            ))}
          </Choice>
        ))}
      </div>
    ))}
  </fieldset>
);
