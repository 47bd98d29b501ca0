/** A list that is loaded in pages. */
type Pages = {
  fetchNextPage(): Promise<{ readonly hasNextPage: boolean; readonly error: Error | null }>;
  readonly hasNextPage: boolean;
};

/** Prints the page that is shown, once all lines of it are there. @throws when some can’t be loaded: nothing is printed then */
export async function printAll(pages: Pages): Promise<void> {
  for (let more = pages.hasNextPage; more; ) {
    const found = await pages.fetchNextPage();
    if (found.error) throw found.error;
    more = found.hasNextPage;
  }
  // Painted first.
  await new Promise(requestAnimationFrame);
  window.print();
}
