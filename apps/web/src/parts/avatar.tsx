import { hueOf, initialsOf } from '@tenantree/widget';
import css from './parts.module.css';

/** The initials of a name in the colour of its id, as the table has them. The name itself stands beside it. */
export const Avatar = ({ id, name }: { readonly id: string; readonly name: string }) => (
  <span className={css.avatar} ref={(node) => node?.style.setProperty('--hue', String(hueOf(id)))} aria-hidden="true">
    {initialsOf(name)}
  </span>
);
