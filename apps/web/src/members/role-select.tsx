import { parseRole, ROLE_LABELS, ROLE_SUMMARIES, ROLES, type Role } from '@tenantree/domain';
import { partsCss as css } from '../parts/parts.tsx';

type Props = {
  readonly label: string;
  /** The roles that one may give. */
  readonly roles: readonly Role[];
  readonly value: Role;
  readonly onChange: (role: Role) => void;
  readonly id?: string;
};

/** Chooses one of the roles. */
export const RoleSelect = ({ label, roles, value, onChange, id }: Props) => (
  <select
    id={id}
    aria-label={label}
    className={css.input}
    value={value}
    onChange={(event) => onChange(parseRole(event.target.value) ?? value)}
  >
    {roles.map((role) => (
      <option key={role} value={role}>
        {ROLE_LABELS[role]}
      </option>
    ))}
  </select>
);

/** What each role may do, for whoever chooses one. */
export const RoleGuide = () => (
  <details className={css.guide}>
    <summary>What each role may do</summary>
    <dl>
      {ROLES.map((role) => (
        <div key={role}>
          <dt>{ROLE_LABELS[role]}</dt>
          <dd>{ROLE_SUMMARIES[role]}</dd>
        </div>
      ))}
    </dl>
  </details>
);
