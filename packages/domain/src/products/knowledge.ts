import { z } from 'zod';
import { choice, day, entryId, extras, field, https, id, keyed, line, prose, secret, time } from './fields.ts';
import { type Fault, kindOf, required } from './kind.ts';

/** What agents know: documents that are contained in it. */
export const knowledgeBase = kindOf({
  kind: 'knowledgeBase',
  label: 'Knowledge base',
  plural: 'Knowledge bases',
  rows: { read: 'knowledgeBases', write: 'knowledgeBases' },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    description: field(prose(2_000).default(''), 'Description', { multiline: true }),
    documents: field(
      keyed(
        z.discriminatedUnion('type', [
          z.strictObject({
            id: entryId(),
            type: field(z.literal('text'), 'Text'),
            title: field(line(200).default(''), 'Title'),
            text: field(prose(100_000).default(''), 'Text', { multiline: true }),
          }),
          z.strictObject({
            id: entryId(),
            type: field(z.literal('question'), 'Question and answer'),
            question: field(line(1_000).default(''), 'Question'),
            answer: field(prose(10_000).default(''), 'Answer', { multiline: true }),
          }),
          z.strictObject({
            id: entryId(),
            type: field(z.literal('page'), 'Web page'),
            url: field(https(), 'Address'),
            again: field(choice(['never', 'daily', 'weekly']).default('never'), 'Read again', {
              labels: { never: 'Never', daily: 'Daily', weekly: 'Weekly' },
            }),
          }),
        ]),
        500,
      ),
      'Documents',
    ),
  }),
  keyed: ['/documents'],
  columns: ['/description'],
  limit: 'knowledgeBases',
  fromParent: 'copy',
});

/** Something that agents can call. */
export const tool = kindOf({
  kind: 'tool',
  label: 'Tool',
  plural: 'Tools',
  rows: { read: 'agents.tools', write: 'agents.tools' },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    description: field(prose(4_000).default(''), 'What it does', {
      multiline: true,
      help: 'Agents read this to know when to use it.',
    }),
    method: field(choice(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'), 'Method'),
    url: field(https().nullable().default(null), 'Address'),
    integration: field(id().nullable().default(null), 'Integration', { ref: 'integration' }),
    auth: field(
      z
        .strictObject({
          type: field(choice(['none', 'bearer', 'header']).default('none'), 'Sign-in', {
            labels: { none: 'None', bearer: 'Bearer token', header: 'Header' },
          }),
          header: field(line(100).default('X-Api-Key'), 'Header'),
          apiKey: secret('Key or token'),
        })
        .default({ type: 'none', header: 'X-Api-Key' }),
      'Sign-in',
    ),
    headers: field(
      keyed(
        z.discriminatedUnion('type', [
          z.strictObject({
            id: entryId(),
            type: field(z.literal('plain'), 'Plain'),
            name: field(line(100), 'Name'),
            value: field(line(2_000).default(''), 'Value'),
          }),
          z.strictObject({
            id: entryId(),
            type: field(z.literal('secret'), 'Secret'),
            name: field(line(100), 'Name'),
            value: secret('Value'),
          }),
        ]),
        50,
      ),
      'Headers',
    ),
    parameters: field(
      keyed(
        z.strictObject({
          id: entryId(),
          name: field(line(64), 'Name'),
          type: field(choice(['text', 'number', 'yes_no', 'date']).default('text'), 'Type', {
            labels: { text: 'Text', number: 'Number', yes_no: 'Yes or no', date: 'Date' },
          }),
          description: field(prose(1_000).default(''), 'What it is', { multiline: true }),
          required: field(z.boolean().default(true), 'Required'),
        }),
        50,
      ),
      'Parameters',
    ),
    timeoutSeconds: field(z.int().min(1).max(120).default(10), 'Longest wait', { unit: 'seconds' }),
  }),
  keyed: ['/headers', '/parameters'],
  refs: [required('/integration', 'integration')],
  secrets: ['/auth/apiKey', '/headers/*/value'],
  columns: ['/method', '/url'],
  fromParent: 'copy',
});

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const DAY_LABELS = {
  monday: 'Monday',
  tuesday: 'Tuesday',
  wednesday: 'Wednesday',
  thursday: 'Thursday',
  friday: 'Friday',
  saturday: 'Saturday',
  sunday: 'Sunday',
};

const schedules = z.strictObject({
  name: field(line(120), 'Name'),
  timeZone: field(line(64).default('UTC'), 'Time zone', { help: 'As in Europe/Berlin.' }),
  hours: field(
    keyed(
      z.strictObject({
        id: entryId(),
        day: field(choice(DAYS), 'Day', { labels: DAY_LABELS }),
        from: field(time(), 'From'),
        to: field(time(), 'Until'),
      }),
      100,
    ),
    'Open',
  ),
  closed: field(
    keyed(
      z.strictObject({
        id: entryId(),
        from: field(day(), 'From'),
        to: field(day(), 'To and including'),
        reason: field(line(120).default(''), 'Reason'),
      }),
      200,
    ),
    'Closed',
  ),
});

function scheduleFaults(document: Readonly<Record<string, unknown>>): readonly Fault[] {
  const { timeZone, hours, closed } = schedules.parse(document);
  const faults: Fault[] = isTimeZone(timeZone) ? [] : [{ at: '/timeZone', message: 'There is no such time zone.' }];
  for (const [n, { from, to }] of hours.entries())
    if (from >= to) faults.push({ at: `/hours/${n}/to`, message: 'This has to be later than it begins.' });
  for (const [n, { from, to }] of closed.entries())
    if (from > to)
      faults.push({ at: `/closed/${n}/to`, message: 'This has to be the day on which it begins, or later.' });
  return faults;
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Business hours. */
export const schedule = kindOf({
  kind: 'schedule',
  label: 'Schedule',
  plural: 'Schedules',
  rows: { read: 'account.schedules', write: 'account.schedules' },
  schema: schedules,
  keyed: ['/hours', '/closed'],
  columns: ['/timeZone'],
  fromParent: 'copy',
  checks: scheduleFaults,
});

/** Another system that tools reach. */
export const integration = kindOf({
  kind: 'integration',
  label: 'Integration',
  plural: 'Integrations',
  rows: { read: 'developers.integrations', write: 'developers.integrations' },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    system: field(line(120).default(''), 'System', { help: 'Such as a CRM or a calendar, as you call it.' }),
    url: field(https().nullable().default(null), 'Address'),
    active: field(z.boolean().default(true), 'Active'),
    settings: field(extras(2_000).default({}), 'Settings'),
    credentials: secret('Credentials', { multiline: true }),
  }),
  secrets: ['/credentials'],
  columns: ['/system', '/active'],
  activeAt: '/active',
  fromParent: 'copy',
});
