/** What the list of what was done says, in English. Loaded with it. */
export const activityTexts = {
  activityTitle: 'Activity',
  activityNone: 'Nothing has happened here yet.',
  activityFailed: 'The activity could not be loaded.',
  byKey: 'API key',
  byEmbed: 'embedded screen',
  bySystem: 'Tenantree itself',
  via: 'via {name}',
} as const;
