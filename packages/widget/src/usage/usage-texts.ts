/** What the chart of an account's minutes says, in English. Loaded with it. */
export const usageTexts = {
  usageDays: 'Minutes, last 30 days',
  usageNone: 'No minutes were used in these days.',
  usageOwn: 'By itself',
  usageNested: 'By subaccounts',
  usageDay: 'Day',
  usageSum: 'Sum',
  usageAsTable: 'Show as table',
  usageAsChart: 'Show as chart',
} as const;
