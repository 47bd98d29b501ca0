import css from './jump.module.css';
import { labelsOf } from './shortcuts.ts';

/** Keys to press, each as on the keyboard. */
export const Keys = ({ keys }: { readonly keys: string }) => (
  <span className={css.keys}>
    {labelsOf(keys).map((key) => (
      <kbd key={key}>{key}</kbd>
    ))}
  </span>
);
