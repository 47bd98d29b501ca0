const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });

/** Things of one day of the reader's, with what the day is called: "Today", "Yesterday", or nothing, and its date. */
export type Day<Item> = { readonly word: string; readonly date: string; readonly items: readonly Item[] };

const keyOf = (day: Date): string => `${day.getFullYear()}-${day.getMonth()}-${day.getDate()}`;

/** Groups what is in the order of time by days of the reader's own zone. */
export function byDay<Item extends { readonly at: string }>(items: readonly Item[], now: Date): Day<Item>[] {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  const words = new Map([
    [keyOf(now), 'Today'],
    [keyOf(yesterday), 'Yesterday'],
  ]);
  const days = Map.groupBy(items, ({ at }) => keyOf(new Date(at)));
  return [...days].map(([key, items]) => {
    const first = new Date(items[0]?.at ?? now);
    const date = (first.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(first);
    return { word: words.get(key) ?? '', date, items };
  });
}
