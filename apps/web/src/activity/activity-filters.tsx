import { AUDIT_KINDS, type AuditKind } from '@tenantree/domain';
import { lazy } from 'react';
import { Opener } from '../parts/opener.tsx';
import { Button, partsCss } from '../parts/parts.tsx';
import { ChevronIcon, CloseIcon } from '../shell/icons.tsx';
import css from './activity.module.css';
import { ExportLog } from './export-log.tsx';
import type { Filter } from './filter-state.ts';

const load = () => import('../shell/account-choices.tsx');
const AccountChoices = lazy(load);

type Named = { readonly id: string; readonly name: string };

type Props = {
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  /** The acting account. */
  readonly acting: Named;
  /** Whether there is anything below that one may see. */
  readonly below: 'seen' | 'hidden';
  /** The account whose log is shown, when it is another one. */
  readonly of: Named | null;
  readonly people: readonly Named[];
};

const KINDS = Object.entries(AUDIT_KINDS) as [AuditKind, string][];

/** Of which accounts, of what kind and by whom entries are shown. */
export function ActivityFilters({ filter, onFilter, acting, below, of, people }: Props) {
  const set = (change: Partial<Filter>): void => onFilter({ ...filter, ...change });
  return (
    <div className={css.bar} role="group" aria-label="What is shown">
      {below === 'seen' && <Where filter={filter} acting={acting} of={of} set={set} />}
      <select
        className={partsCss.input}
        aria-label="Kind"
        value={filter.kind ?? ''}
        onChange={({ target }) => set({ kind: KINDS.find(([kind]) => kind === target.value)?.[0] ?? null })}
      >
        <option value="">Every kind</option>
        {KINDS.map(([kind, label]) => (
          <option key={kind} value={kind}>
            {label}
          </option>
        ))}
      </select>
      <select
        className={partsCss.input}
        aria-label="Person"
        value={filter.by ?? ''}
        onChange={({ target }) => set({ by: target.value || null })}
      >
        <option value="">Everybody</option>
        {people.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <ExportLog account={of?.id ?? acting.id} filter={filter} />
    </div>
  );
}

/** Of one account, or with all below it. */
const Where = ({
  filter,
  acting,
  of,
  set,
}: Pick<Props, 'filter' | 'acting' | 'of'> & { readonly set: (change: Partial<Filter>) => void }) => (
  <>
    <div className={css.scopes} role="group" aria-label="Accounts">
      <Scope chosen={filter.scope === 'own'} onChoose={() => set({ scope: 'own' })}>
        This account
      </Scope>
      <Scope chosen={filter.scope === 'nested'} onChoose={() => set({ scope: 'nested' })}>
        With nested
      </Scope>
    </div>
    <div className={css.picked}>
      <Opener
        className={partsCss.button}
        opens="dialog"
        load={load}
        popup={
          <AccountChoices
            label="Account"
            current={of ?? acting}
            own={[acting]}
            readRecent={() => []}
            onChoose={(id) => set({ of: id === acting.id ? null : id })}
          />
        }
      >
        <span className={partsCss.hidden}>Account</span>
        <bdi>{of?.name ?? acting.name}</bdi>
        <ChevronIcon />
      </Opener>
      {of && (
        <Button look="quiet" aria-label={`All of ${acting.name} again`} onClick={() => set({ of: null })}>
          <CloseIcon />
        </Button>
      )}
    </div>
  </>
);

const Scope = ({
  chosen,
  onChoose,
  children,
}: {
  readonly chosen: boolean;
  readonly onChoose: () => void;
  readonly children: string;
}) => (
  <button type="button" aria-pressed={chosen} onClick={onChoose}>
    {children}
  </button>
);
