import { type ReactNode, useEffect, useState } from 'react';
import { Popover } from 'react-aria-components/Popover';
import { useLocation } from 'wouter';
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
  const [here] = useLocation();
  const [openedAt] = useState(here);
  useEffect(() => {
    // Back and Forward leave what was opened on a page with it.
    if (here !== openedAt) close();
  }, [here, openedAt, close]);
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
