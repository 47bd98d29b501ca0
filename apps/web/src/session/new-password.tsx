import type { ComponentProps } from 'react';
import { Field } from '../parts/parts.tsx';

type Props = Omit<ComponentProps<typeof Field>, 'name' | 'type'>;

/** The field in which somebody chooses a password. */
export const NewPassword = (props: Props) => (
  <Field
    name="password"
    type="password"
    autoComplete="new-password"
    minLength={10}
    hint="At least 10 characters."
    required
    {...props}
  />
);
