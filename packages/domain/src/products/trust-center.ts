import { z } from 'zod';
import { choice, email, field, group, https, line, prose } from './fields.ts';
import { kindOf } from './kind.ts';

/** What an account tells and keeps of people's data: there is one at the most. */
export const trustCenter = kindOf({
  kind: 'trustCenter',
  label: 'Trust Center',
  plural: 'Trust Center',
  rows: {
    read: 'account.trustCenter',
    write: 'account.trustCenter',
    parts: { retention: 'account.trustCenter', privacy: 'account.trustCenter', page: 'account.trustCenter' },
  },
  schema: z.strictObject({
    name: field(line(120).default('Trust Center'), 'Name'),
    retention: field(
      group({
        conversationDays: field(z.int().min(1).max(3_650).nullable().default(null), 'Conversations', {
          unit: 'days',
          help: 'Not set: for ever.',
        }),
        recordingDays: field(z.int().min(1).max(3_650).nullable().default(null), 'Recordings', { unit: 'days' }),
        transcriptDays: field(z.int().min(1).max(3_650).nullable().default(null), 'Transcripts', { unit: 'days' }),
        contactDays: field(z.int().min(1).max(3_650).nullable().default(null), 'Contacts', { unit: 'days' }),
      }),
      'Retention',
      { part: 'retention', order: 1 },
    ),
    privacy: field(
      group({
        hides: field(
          z
            .array(choice(['names', 'numbers', 'addresses', 'cards']))
            .max(4)
            .default([]),
          'Hides in transcripts',
        ),
        announcesRecording: field(z.boolean().default(true), 'Announces recording'),
        announcesMachine: field(z.boolean().default(true), 'Says that it is no human'),
        region: field(choice(['any', 'eu', 'us']).default('any'), 'Kept in', {
          labels: { any: 'Anywhere', eu: 'European Union', us: 'United States' },
        }),
        officer: field(email().nullable().default(null), 'Data protection officer'),
      }),
      'Privacy',
      { part: 'privacy', order: 2 },
    ),
    page: field(
      group({
        published: field(z.boolean().default(false), 'Published'),
        title: field(line(120).default(''), 'Title'),
        text: field(prose(20_000).default(''), 'Text', { multiline: true }),
        policy: field(https().nullable().default(null), 'Privacy policy'),
        subprocessors: field(z.array(line(200)).max(100).default([]), 'Subprocessors'),
      }),
      'Page',
      { part: 'page', order: 3 },
    ),
  }),
  single: true,
  fromParent: 'copy',
});
