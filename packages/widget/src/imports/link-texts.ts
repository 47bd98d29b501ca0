/** What is said of a copy, in English. Loaded with it. */
export const linkTexts = {
  copyTitle: 'Copy',
  copyOf: 'Copy from {account}, version {n}',
  copyOfAbove: 'Copy from an account above you, version {n}',
  copyGone: 'The source is not there any more.',
  copyDetached: 'The source’s account is not above this one any more.',
  copyUpdate: 'Update available',
  copyUpdateHow: 'Import it again to take what is new; what was changed here stays.',
  copySame: 'As its source',
  copyDifferences: '{n, plural, one {Differs in # place} other {Differs in # places}}',
  copyTake: 'Take the source’s',
  copyDetach: 'Detach',
  copyDetachTitle: 'Detach “{name}” from its source?',
  copyDetachText: 'It stays as it is, and hears of no updates any more.',
} as const;
