import type { ReactNode } from 'react';
import { Popover } from 'react-aria-components/Popover';
import { useOpened } from './opener.tsx';
import css from './parts.module.css';

type Props = {
  readonly label: string;
  readonly placement: 'bottom start' | 'bottom end';
  readonly children: ReactNode;
};

/** The surface beside an opener, there as long as it is open. */
export function Popup({ label, placement, children }: Props) {
  const { opener, close } = useOpened();
  return (
    <Popover
      isOpen
      onOpenChange={() => close()}
      triggerRef={opener}
      className={css.popover ?? ''}
      placement={placement}
      aria-label={label}
    >
      {children}
    </Popover>
  );
}
