import { Field } from './parts.tsx';

type Props = Omit<React.ComponentProps<typeof Field>, 'type' | 'inputMode'>;

/** A labelled field for an e-mail address. Not of the type for one: browsers would rewrite a domain with umlauts as they type it. */
export const EmailField = (props: Props) => (
  <Field name="email" type="text" inputMode="email" autoCapitalize="none" spellCheck={false} required {...props} />
);
