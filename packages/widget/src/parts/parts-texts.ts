/** What dialogs, messages and lists of every screen say, in English. */
export const partsTexts = {
  cancel: 'Cancel',
  dismiss: 'Dismiss',
  undo: 'Undo',
  failed: 'This could not be loaded',
  accountMissing: 'No such account',
  noAccessShort: 'You may not see this',
  noAccessGive: 'An owner of the account can give you a role that may.',
} as const;
