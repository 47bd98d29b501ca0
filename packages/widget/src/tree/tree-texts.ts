/** What the table announces once somebody is in it, in English. */
export const treeTexts = {
  opened: '{name}, {n, plural, one {# subaccount} other {# subaccounts}}',
  closedBranch: '{name} collapsed',
  summary:
    '{name}: {minutes} minutes used, {members, plural, one {# member} other {# members}}, {agents, plural, one {# agent} other {# agents}}',
  sortedAscending: 'Sorted by {column}, ascending',
  sortedDescending: 'Sorted by {column}, descending',
  rowGone: '{gone} is no longer here. Now at {name}.',
  rowGoneEmpty: '{gone} is no longer here.',
  ofLimit: '{percent} % of {max}',
  noUsage: 'Not visible to you',
  renameLabel: 'New name of {name}',
} as const;
