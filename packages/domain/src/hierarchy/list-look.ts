/** The columns of a list of accounts that can be shown or not, moved and made wider (rules/screens 28). */
export const LIST_COLUMNS = [
  'minutes',
  'plan',
  'status',
  'caps',
  'members',
  'agents',
  'path',
  'blueprint',
  'created',
  'id',
] as const;
export type ListColumn = (typeof LIST_COLUMNS)[number];

/** A column that is shown; its width in CSS pixels, where somebody chose one. */
export type ShownColumn = { readonly column: ListColumn; readonly width?: number | undefined };

/** Least and most that a column can be made wide, in CSS pixels. */
export const COLUMN_WIDTHS = { least: 48, most: 800 } as const;
