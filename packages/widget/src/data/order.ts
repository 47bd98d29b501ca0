/** What siblings can be sorted by (product.md 2.2). `members`, `agents` and `minutes` mean the rolled-up totals. */
export const SORT_KEYS = ['name', 'members', 'agents', 'minutes', 'created'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** The order of siblings; equal keys are ordered by id in the same direction, as the server does. */
export type Order = { readonly sort: SortKey; readonly direction: 'asc' | 'desc' };
