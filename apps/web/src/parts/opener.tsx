import {
  type ComponentProps,
  createContext,
  type ReactNode,
  type RefObject,
  Suspense,
  useContext,
  useMemo,
  useRef,
  useState,
} from 'react';
import { loadAhead } from '../renew.ts';
import { toast } from './toast.ts';

type Opened = {
  readonly opener: RefObject<HTMLButtonElement | null>;
  /** Closes it; what is given is done once the focus is back on the button. */
  readonly close: (next?: () => void) => void;
};

const OpenedContext = createContext<Opened>({ opener: { current: null }, close: () => undefined });

/** What opened needs of the button that it stands beside. */
export const useOpened = (): Opened => useContext(OpenedContext);

type Props = ComponentProps<'button'> & {
  readonly opens: 'dialog' | 'menu';
  /** Loads what opens, as soon as somebody turns to the button. */
  readonly load: () => Promise<unknown>;
  readonly popup: ReactNode;
};

/** A button beside which something opens. React Aria, which that is made of, is a third of the app: no page waits for it. */
export function Opener({ opens, load, popup, ...button }: Props) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const next = useRef<(() => void) | undefined>(undefined);
  const opened = useMemo<Opened>(() => {
    const close: Opened['close'] = (after) => {
      next.current = after;
      setOpen(false);
    };
    return { opener, close };
  }, []);
  const open = async (): Promise<void> => {
    // Not every browser does: this is where the focus comes back to.
    opener.current?.focus();
    // Once the server is back, what is missing is loaded with the page itself (renew.ts).
    try {
      await load();
      setOpen(true);
    } catch {
      setOpen(false);
      toast({ text: 'The server does not answer. Try again in a moment.', tone: 'danger' });
    }
  };
  return (
    <>
      <button
        ref={opener}
        type="button"
        aria-haspopup={opens}
        aria-expanded={isOpen}
        onPointerEnter={() => void loadAhead(load)}
        onFocus={() => {
          void loadAhead(load);
          const after = next.current;
          next.current = undefined;
          after?.();
        }}
        onClick={() => void open()}
        onKeyDown={(event) => {
          // Until the focus has moved into what opened, Escape is pressed here, and means the same.
          if (!isOpen || event.key !== 'Escape') return;
          event.stopPropagation();
          opened.close();
        }}
        {...button}
      />
      <OpenedContext value={opened}>
        <Suspense fallback={null}>{isOpen && popup}</Suspense>
      </OpenedContext>
    </>
  );
}
