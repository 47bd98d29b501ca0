/** The texts of what stands in place of rows, in English: loaded with it. */
export const enStates = {
  emptyTitle: 'No subaccounts yet',
  emptyText: 'Each one keeps its own members, agents and data; you pay one invoice.',
  emptyFiltered: 'No accounts with this status',
  noMatchFilter: 'Other accounts are hidden by the status filter.',
  noMatchTitle: 'Nothing found',
  noMatchText: 'No subaccount matches “{query}”.',
  clearAll: 'Clear all',
  noAccessTitle: 'You can’t see the subaccounts of {name}',
  noAccessTitleUnnamed: 'You can’t see these subaccounts',
  noAccessTextUnnamed:
    'This needs the permission Account & Settings → Subaccounts. An owner or admin of the account can grant it.',
  noAccessText: 'This needs the permission Account & Settings → Subaccounts. An owner or admin of {name} can grant it.',
  failedTitle: 'The subaccounts could not be loaded',
  notFoundTitle: 'There is no such account',
  notFoundText: 'It may have been closed, or it is not yours to see.',
  offlineTitle: 'No connection',
  offlineText: 'The accounts will appear as soon as the server can be reached.',
  noTokenTitle: 'It could not be confirmed who you are',
  noTokenText: 'This page tries again by itself. If that does not help, reload it.',
  unauthorizedTitle: 'You are not signed in here',
  unauthorizedText: 'Reload the page to sign in again.',
} as const;
