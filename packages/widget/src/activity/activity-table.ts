import { type AccountId, isRecord } from '@tenantree/domain';
import type { Column, Fact, Table } from '../parts/sam-table.ts';
import type { Texts } from '../strings/texts.ts';
import type { Entry } from './activity-source.ts';

/** What can be wanted from an entry; null: not offered. */
export type EntryActs = {
  readonly onlyBy: ((actor: string) => void) | null;
  readonly onlyOf: ((account: AccountId) => void) | null;
};

/** By what means somebody came in, where it isn't they themselves. */
const MEANS = { person: null, key: 'byKey', embed: 'byEmbed', system: 'bySystem' } as const;

const meansOf = ({ actor: { kind, via } }: Entry, { say }: Texts): string[] => {
  const means = MEANS[kind];
  return [...(means ? [say(means)] : []), ...(via ? [say('via', { name: via.name })] : [])];
};

/** The latest of what was done, one line each. */
export const latestTable = (entries: readonly Entry[], texts: Texts): Table<Entry> => ({
  ...table(entries),
  columns: columns(texts, texts.numbers.day),
});

/**
 * What was done, by the days of the reader, each entry with all that was written down.
 *
 * @param scope whether entries are of several accounts
 */
export function activityTable(
  entries: readonly Entry[],
  scope: 'own' | 'nested',
  texts: Texts,
  acts: EntryActs,
): Table<Entry> {
  const { say, numbers } = texts;
  const place: Column<Entry> = {
    label: say('account'),
    cell: (entry) => ({ text: entry.account.name, tone: 'quiet', ...(isNamed(entry) && { room: 'wide' as const }) }),
  };
  return {
    ...table(entries),
    columns: [...columns(texts, numbers.time), ...(scope === 'nested' ? [place] : [])],
    groupOf: ({ at }) => dayWords(at, texts),
    nameOf: ({ actor, sentence }) => `${actor.name} ${sentence}`,
    factsOf: (entry) => factsOf(entry, texts, acts),
    actsLabel: say('activityDetails'),
  };
}

const table = (rows: readonly Entry[]) => ({ rows, keyOf: ({ id }: Entry) => id, narrow: 'lines' }) as const;

const columns = (texts: Texts, time: (at: string) => string): Table<Entry>['columns'] => [
  { label: texts.say('when'), cell: ({ at }) => ({ text: time(at), at, tone: 'quiet' }) },
  {
    label: texts.say('activityWho'),
    cell: (entry) => ({ text: entry.actor.name, tone: 'strong', lines: meansOf(entry, texts) }),
  },
  { label: texts.say('activityDid'), cell: ({ sentence }) => ({ text: sentence }) },
];

/** Whether the sentence has the name of its account. */
const isNamed = ({ account, details }: Entry): boolean =>
  details['account'] === account.name || details['after'] === account.name;

const dates = new Map<string, Intl.DateTimeFormat>();

/** What a day is called: today, yesterday, or its date. */
function dayWords(at: string, { say, locale }: Texts): string {
  const [day, yesterday] = [new Date(at), new Date()];
  const isToday = day.toDateString() === yesterday.toDateString();
  yesterday.setDate(yesterday.getDate() - 1);
  const format = dates.get(locale) ?? new Intl.DateTimeFormat(locale, { dateStyle: 'full' });
  dates.set(locale, format);
  const date = format.format(day);
  if (isToday) return say('today', { date });
  return day.toDateString() === yesterday.toDateString() ? say('yesterday', { date }) : date;
}

/** Everything that was written down. */
function factsOf(entry: Entry, texts: Texts, { onlyBy, onlyOf }: EntryActs): readonly Fact[] {
  const { say, numbers } = texts;
  const { actor, account, at, details, requestId, id } = entry;
  const { before, after, ...rest } = details;
  const { id: by } = actor;
  const who = [actor.name, ...meansOf(entry, texts)].join(', ');
  const isChange = 'before' in details && 'after' in details;
  return [
    { name: say('when'), text: numbers.dateTime(at) },
    {
      name: say('activityWho'),
      text: who,
      ...(onlyBy && by !== null && { act: { label: say('onlyByThem'), act: () => onlyBy(by) } }),
    },
    {
      name: say('account'),
      text: account.name,
      ...(onlyOf && { act: { label: say('onlyThisAccount'), act: () => onlyOf(account.id) } }),
    },
    ...(isChange ? changesOf(before, after, say('activityChanged')) : []),
    // The account is told once, unless it had another name then.
    ...Object.entries(rest)
      .filter(([name, value]) => name !== 'account' || value !== account.name)
      .map(([name, value]) => ({
        name: name === 'account' ? say('activityCalledThen') : nameOf(name),
        text: wordsOf(value),
      })),
    ...(requestId === null ? [] : [{ name: say('activityRequest'), text: requestId, look: 'code' as const }]),
    { name: say('activityEntry'), text: id, look: 'code' },
  ];
}

/** What was changed: field by field, where what it was and what it became have fields. @param name what it is called as a whole */
function changesOf(before: unknown, after: unknown, name: string): readonly Fact[] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  return Object.keys({ ...was, ...is }).flatMap((field) => {
    const [from, to] = [wordsOf(was[field]), wordsOf(is[field])];
    return from === to ? [] : [{ name: nameOf(field) || name, text: to, was: from }];
  });
}

/** The fields of what was written down as JSON; all of it as one without a name where it has none. */
function fieldsOf(text: unknown): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(String(text));
    if (isRecord(read)) return read;
  } catch {
    // It is a text.
  }
  return { '': text };
}

/** `suspendedFrom` as people read it: "Suspended from". */
function nameOf(key: string): string {
  const words = key.replace(/([A-Z])/g, ' $1').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const wordsOf = (value: unknown): string =>
  value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
