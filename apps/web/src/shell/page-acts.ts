import { createContext, type RefObject, useContext, useEffect } from 'react';

/** Something that can be done, as the palette offers it. */
export type Act = {
  readonly id: string;
  readonly name: string;
  /** Keys that do the same. */
  readonly keys?: string;
  readonly run: () => void;
};

/** Acts under a heading. */
export type Acts = { readonly title: string; readonly acts: readonly Act[] };

type Ask = () => Promise<readonly Acts[]>;

/** Whom to ask for what can be done on the page that is shown. */
export const PageActs = createContext<RefObject<Ask | null>>({ current: null });

/** Has the palette offer what can be done on this page; it is asked for when the palette opens. */
export function usePageActs(ask: Ask): void {
  const askRef = useContext(PageActs);
  useEffect(() => {
    askRef.current = ask;
    return () => {
      if (askRef.current === ask) askRef.current = null;
    };
  }, [askRef, ask]);
}
