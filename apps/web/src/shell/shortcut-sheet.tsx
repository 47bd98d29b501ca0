import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '../parts/parts.tsx';
import { CloseIcon } from './icons.tsx';
import css from './jump.module.css';
import { Keys } from './keys.tsx';
import type { Place } from './places.ts';
import { EVERYWHERE, ON_PAGES, type Shortcuts } from './shortcuts.ts';
import { readSingleKeys, setSingleKeys } from './use-keys.ts';

/** What keys do, on one sheet, with the choice to have single keys do nothing (WCAG 2.1.4). */
export default function ShortcutSheet({
  places,
  onClose,
}: {
  readonly places: readonly Place[];
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const everywhere: Shortcuts = {
    title: 'Everywhere',
    items: [...EVERYWHERE, ...places.map(({ label, keys }) => ({ keys, does: `To ${label}` }))],
  };
  const groups = [everywhere, ...ON_PAGES.filter(({ needs }) => places.some(({ path }) => path === needs))];
  return (
    <dialog
      ref={dialog}
      className={css.sheet}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className={css.head}>
        <h2 id={id}>Keyboard shortcuts</h2>
        <Button look="quiet" aria-label="Close" onClick={() => dialog.current?.close()}>
          <CloseIcon />
        </Button>
      </div>
      <Groups groups={groups} />
      <SingleKeys />
    </dialog>
  );
}

const Groups = ({ groups }: { readonly groups: readonly Shortcuts[] }) => (
  <div className={css.groups}>
    {groups.map(({ title, items }) => (
      <section key={title}>
        <h3>{title}</h3>
        <dl>
          {items.map(({ keys, does }) => (
            <div key={does}>
              <dt>{does}</dt>
              <dd>
                <Keys keys={keys} />
              </dd>
            </div>
          ))}
        </dl>
      </section>
    ))}
  </div>
);

/** The choice to have single keys do nothing. */
function SingleKeys() {
  const [single, setSingle] = useState(readSingleKeys);
  return (
    <div className={css.foot}>
      <label>
        <input
          type="checkbox"
          checked={single === 'on'}
          onChange={({ target }) => {
            const choice = target.checked ? 'on' : 'off';
            setSingleKeys(choice);
            setSingle(choice);
          }}
        />
        Single-key shortcuts
      </label>
      <small>They never act while you type. In the table they always work.</small>
    </div>
  );
}
