/** What an account has a number of, and its subtree with it (rules/accounts 22). */
export type Resource = {
  /** As it is stored: rename none, reuse none. */
  readonly key: string;
  readonly label: string;
  /**
   * What the total of an account is:
   *
   * - `sum`: its own and those of the accounts below it.
   * - `people`: whoever is in it or below it, each once.
   * - `accounts`: the accounts below it; its own are its children.
   *
   * Closed accounts count above themselves as nothing.
   */
  readonly total: 'sum' | 'people' | 'accounts';
};

/** The countable resources. Another one is another row here: it is counted with `take`, and goes where its account goes. */
export const RESOURCES = [
  { key: 'members', label: 'Members', total: 'people' },
  { key: 'agents', label: 'Agents', total: 'sum' },
  { key: 'knowledgeBases', label: 'Knowledge bases', total: 'sum' },
  { key: 'phoneNumbers', label: 'Phone numbers', total: 'sum' },
  { key: 'campaigns', label: 'Campaigns', total: 'sum' },
  { key: 'contacts', label: 'Contacts', total: 'sum' },
  { key: 'apiKeys', label: 'API keys', total: 'sum' },
  { key: 'subaccounts', label: 'Subaccounts', total: 'accounts' },
] as const satisfies readonly Resource[];

type Row = (typeof RESOURCES)[number];

/** Key of a countable resource. */
export type ResourceKey = Row['key'];
/** Key of one whose totals are sums. */
export type SummedResource = Extract<Row, { readonly total: 'sum' }>['key'];
