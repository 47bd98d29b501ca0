import { z } from 'zod';
import { choice, day, email, extras, field, group, id, instant, language, line, phone, prose } from './fields.ts';
import { kindOf, optional, required } from './kind.ts';

/** Calls or messages to many people. */
export const campaign = kindOf({
  kind: 'campaign',
  label: 'Campaign',
  plural: 'Campaigns',
  rows: { read: 'campaigns', write: 'campaigns' },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    status: field(choice(['draft', 'running', 'paused', 'done']).default('draft'), 'Status', {
      labels: { draft: 'Draft', running: 'Running', paused: 'Paused', done: 'Done' },
    }),
    channel: field(choice(['calls', 'messages']).default('calls'), 'By', {
      labels: { calls: 'Calls', messages: 'Text messages' },
    }),
    agent: field(id().nullable().default(null), 'Agent', { ref: 'agent' }),
    number: field(id().nullable().default(null), 'From', { ref: 'phoneNumber' }),
    hours: field(id().nullable().default(null), 'Only within', { ref: 'schedule' }),
    goal: field(prose(4_000).default(''), 'Goal', { multiline: true }),
    tags: field(z.array(line(64)).max(50).default([]), 'Contacts with any of these tags'),
    begins: field(day().nullable().default(null), 'Begins'),
    ends: field(day().nullable().default(null), 'Ends'),
    pace: field(
      group({
        atATime: field(z.int().min(1).max(1_000).default(1), 'At a time', { unit: 'calls' }),
        tries: field(z.int().min(1).max(10).default(2), 'Tries'),
        hoursBetween: field(z.int().min(1).max(720).default(24), 'Between tries', { unit: 'hours' }),
      }),
      'Pace',
    ),
  }),
  refs: [required('/agent', 'agent'), optional('/hours', 'schedule'), optional('/number', 'phoneNumber')],
  columns: ['/status', '/channel'],
  limit: 'campaigns',
  fromParent: 'copy',
  startsAs: { '/status': 'paused' },
});

/** Somebody whom an account calls or writes to. */
export const contact = kindOf({
  kind: 'contact',
  label: 'Contact',
  plural: 'Contacts',
  rows: { read: 'campaigns', write: 'campaigns' },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    phone: field(phone().nullable().default(null), 'Phone'),
    email: field(email().nullable().default(null), 'E-mail'),
    company: field(line(200).default(''), 'Company'),
    language: field(language().nullable().default(null), 'Language'),
    mayBeCalled: field(z.boolean().default(true), 'May be called'),
    tags: field(z.array(line(64)).max(50).default([]), 'Tags'),
    fields: field(extras().default({}), 'Fields'),
    notes: field(prose(10_000).default(''), 'Notes', { multiline: true }),
  }),
  names: 'any',
  columns: ['/phone', '/email', '/company'],
  limit: 'contacts',
  fromParent: 'never',
});

/** Something that somebody is to do. */
export const task = kindOf({
  kind: 'task',
  label: 'Task',
  plural: 'Tasks',
  rows: { read: 'tasks', write: 'tasks' },
  schema: z.strictObject({
    name: field(line(120), 'What'),
    status: field(choice(['open', 'doing', 'done']).default('open'), 'Status', {
      labels: { open: 'Open', doing: 'In progress', done: 'Done' },
    }),
    priority: field(choice(['low', 'normal', 'high']).default('normal'), 'Priority', {
      labels: { low: 'Low', normal: 'Normal', high: 'High' },
    }),
    assignee: field(id().nullable().default(null), 'Assigned to', { ref: 'member' }),
    due: field(day().nullable().default(null), 'Due'),
    notes: field(prose(10_000).default(''), 'Notes', { multiline: true }),
  }),
  names: 'any',
  columns: ['/status', '/priority', '/due'],
  fromParent: 'never',
});

/** What was talked or written about: made by usage that names one, and written by nobody. */
export const conversation = kindOf({
  kind: 'conversation',
  label: 'Conversation',
  plural: 'Conversations',
  rows: { read: 'conversations', write: null },
  schema: z.strictObject({
    name: field(line(120), 'Conversation'),
    agent: field(id().nullable().default(null), 'Agent', { ref: 'agent' }),
    agentName: field(line(500).default(''), 'Agent, as it was called'),
    firstAt: field(instant(), 'First'),
    lastAt: field(instant(), 'Last'),
    used: field(z.record(z.string(), z.string()).default({}), 'Used', { help: 'What was used of each meter.' }),
    attributes: field(z.record(z.string(), z.string()).default({}), 'Attributes'),
  }),
  names: 'any',
  refs: [optional('/agent', 'agent')],
  columns: ['/agentName', '/firstAt', '/lastAt'],
  fromParent: 'never',
  deleteRight: 'conversations.delete',
});
