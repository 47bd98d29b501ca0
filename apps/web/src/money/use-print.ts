import { useEffect, useRef, useState } from 'react';

/** A list that is loaded in pages. */
type Pages = {
  readonly hasNextPage: boolean;
  fetchNextPage(): Promise<{ readonly hasNextPage: boolean; readonly error: Error | null }>;
};

/** Prints the page that is shown, once all lines of it are there; what can’t be loaded is thrown, and nothing is printed then. */
export function usePrint(pages: Pages): () => Promise<void> {
  /** How often it was asked for, and done. */
  const [wanted, setWanted] = useState(0);
  const done = useRef(0);
  const { hasNextPage } = pages;
  // Behind the render that has the last of them.
  useEffect(() => {
    if (wanted === done.current || hasNextPage) return;
    done.current = wanted;
    window.print();
  }, [wanted, hasNextPage]);
  return async () => {
    for (let more = hasNextPage; more; ) {
      const found = await pages.fetchNextPage();
      if (found.error) throw found.error;
      more = found.hasNextPage;
    }
    setWanted((before) => before + 1);
  };
}
