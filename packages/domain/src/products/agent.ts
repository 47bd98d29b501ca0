import { z } from 'zod';
import {
  choice,
  day,
  email,
  entryId,
  extras,
  field,
  group,
  id,
  keyed,
  language,
  line,
  phone,
  prose,
} from './fields.ts';
import { kindOf, optional, required } from './kind.ts';

const general = group({
  description: field(prose(2_000).default(''), 'Description', { multiline: true, help: 'For people only.' }),
  active: field(z.boolean().default(true), 'Active', { help: 'Off: it takes no calls and sends no messages.' }),
  language: field(language().default('en'), 'Language', { help: 'The language it begins in, such as en or pt-BR.' }),
  otherLanguages: field(z.array(language()).max(20).default([]), 'Other languages', {
    help: 'Languages it goes on in when somebody speaks one of them.',
  }),
  voice: field(
    group({
      provider: field(line(60).default(''), 'Provider'),
      voice: field(line(200).default(''), 'Voice', { help: 'As the provider calls it.' }),
      speed: field(z.number().min(0.5).max(2).default(1), 'Speed', { unit: '×' }),
      stability: field(z.number().min(0).max(1).default(0.5), 'Stability'),
    }),
    'Voice',
  ),
  model: field(
    group({
      provider: field(line(60).default(''), 'Provider'),
      model: field(line(200).default(''), 'Model', { help: 'As the provider calls it.' }),
      temperature: field(z.number().min(0).max(2).default(0.4), 'Temperature'),
      mostTokens: field(z.int().min(16).max(32_000).default(800), 'Longest answer', { unit: 'tokens' }),
    }),
    'Language model',
  ),
  transcriber: field(
    group({
      provider: field(line(60).default(''), 'Provider'),
      model: field(line(200).default(''), 'Model'),
      words: field(z.array(line(100)).max(200).default([]), 'Words to expect', {
        help: 'Names and terms that are easily misheard.',
      }),
    }),
    'Speech recognition',
  ),
  background: field(choice(['none', 'office', 'street', 'call_center']).default('none'), 'Background sound', {
    labels: { none: 'None', office: 'Office', street: 'Street', call_center: 'Call center' },
  }),
  mostMinutes: field(z.int().min(1).max(240).default(30), 'Longest call', { unit: 'minutes' }),
});

const prompt = group({
  greeting: field(prose(2_000).default(''), 'Greeting', { multiline: true, help: 'What it says first.' }),
  speaksFirst: field(z.boolean().default(true), 'Speaks first'),
  instructions: field(prose(60_000).default(''), 'Instructions', { multiline: true }),
  style: field(prose(5_000).default(''), 'Style', {
    multiline: true,
    help: 'How it speaks: tone, length, form of address.',
  }),
  never: field(z.array(line(500)).max(50).default([]), 'Never says or does'),
  variables: field(extras().default({}), 'Variables', { help: 'What stands for {{name}} in the texts above.' }),
});

const knowledge = group({
  bases: field(
    z
      .array(id().meta({ title: 'Knowledge base', ref: 'knowledgeBase' }))
      .max(50)
      .default([]),
    'Knowledge bases',
  ),
  results: field(z.int().min(1).max(50).default(5), 'Passages per question'),
  onlyFromBases: field(z.boolean().default(false), 'Answers only from them', {
    help: 'Says that it doesn’t know rather than answer from elsewhere.',
  }),
});

const tools = group({
  items: field(
    keyed(
      z.strictObject({
        id: entryId(),
        tool: field(id(), 'Tool', { ref: 'tool' }),
        when: field(prose(2_000).default(''), 'When to use it', { multiline: true }),
        confirms: field(z.boolean().default(false), 'Asks before it is used'),
      }),
      100,
    ),
    'Tools',
  ),
  parallel: field(z.boolean().default(false), 'Several at a time'),
});

const step = z.discriminatedUnion('type', [
  z.strictObject({
    id: entryId(),
    type: field(z.literal('say'), 'Say'),
    name: field(line(120).default(''), 'Name'),
    text: field(prose(5_000).default(''), 'Text', { multiline: true }),
  }),
  z.strictObject({
    id: entryId(),
    type: field(z.literal('ask'), 'Ask'),
    name: field(line(120).default(''), 'Name'),
    question: field(prose(2_000).default(''), 'Question', { multiline: true }),
    keepAs: field(line(64).default(''), 'Keep the answer as'),
    tries: field(z.int().min(1).max(10).default(2), 'Tries'),
  }),
  z.strictObject({
    id: entryId(),
    type: field(z.literal('transfer'), 'Transfer'),
    name: field(line(120).default(''), 'Name'),
    to: field(phone().nullable().default(null), 'To'),
    announce: field(prose(2_000).default(''), 'Announce with', { multiline: true }),
  }),
  z.strictObject({
    id: entryId(),
    type: field(z.literal('wait'), 'Wait'),
    name: field(line(120).default(''), 'Name'),
    seconds: field(z.int().min(1).max(600).default(5), 'For', { unit: 'seconds' }),
  }),
  z.strictObject({
    id: entryId(),
    type: field(z.literal('end'), 'End the call'),
    name: field(line(120).default(''), 'Name'),
    text: field(prose(2_000).default(''), 'Goodbye', { multiline: true }),
  }),
]);

const callFlow = group({
  direction: field(choice(['inbound', 'outbound', 'both']).default('inbound'), 'Calls', {
    labels: { inbound: 'Takes calls', outbound: 'Makes calls', both: 'Both' },
  }),
  number: field(id().nullable().default(null), 'Phone number', { ref: 'phoneNumber' }),
  hours: field(id().nullable().default(null), 'Business hours', { ref: 'schedule' }),
  outsideHours: field(choice(['answer', 'voicemail', 'transfer', 'hang_up']).default('answer'), 'Outside of them', {
    labels: { answer: 'Answers all the same', voicemail: 'Voicemail', transfer: 'Transfers', hang_up: 'Hangs up' },
  }),
  steps: field(keyed(step, 200), 'Steps'),
  transferTo: field(
    z
      .array(id().meta({ title: 'Agent', ref: 'agent' }))
      .max(20)
      .default([]),
    'Agents it transfers to',
  ),
  transferNumbers: field(
    keyed(
      z.strictObject({
        id: entryId(),
        label: field(line(120).default(''), 'For'),
        number: field(phone(), 'Number'),
        mode: field(choice(['cold', 'warm']).default('cold'), 'Transfer', {
          labels: { cold: 'Directly', warm: 'Announced' },
        }),
      }),
      50,
    ),
    'Numbers it transfers to',
  ),
  interruptible: field(z.boolean().default(true), 'Can be interrupted'),
  silenceSeconds: field(z.int().min(5).max(600).default(30), 'Hangs up after silence', { unit: 'seconds' }),
  voicemail: field(
    group({
      detect: field(z.boolean().default(true), 'Notices answering machines'),
      message: field(prose(2_000).default(''), 'Leaves the message', { multiline: true }),
    }),
    'Voicemail',
  ),
});

const analytics = group({
  record: field(z.boolean().default(false), 'Records calls'),
  transcribe: field(z.boolean().default(true), 'Keeps transcripts'),
  summary: field(z.boolean().default(true), 'Summarises each call'),
  goals: field(
    keyed(
      z.strictObject({
        id: entryId(),
        name: field(line(120), 'Goal'),
        description: field(prose(2_000).default(''), 'Reached when', { multiline: true }),
        weight: field(z.number().min(0).max(100).default(1), 'Weight'),
      }),
      50,
    ),
    'Goals',
  ),
  extract: field(
    keyed(
      z.strictObject({
        id: entryId(),
        name: field(line(64), 'Name'),
        type: field(choice(['text', 'number', 'yes_no', 'date']).default('text'), 'Type', {
          labels: { text: 'Text', number: 'Number', yes_no: 'Yes or no', date: 'Date' },
        }),
        description: field(prose(1_000).default(''), 'What to look for', { multiline: true }),
      }),
      50,
    ),
    'Kept of each call',
  ),
  since: field(day().nullable().default(null), 'Counted from'),
});

const notifications = group({
  sets: field(
    keyed(
      z.strictObject({
        id: entryId(),
        name: field(line(120).default(''), 'Name'),
        when: field(choice(['call_ended', 'goal_reached', 'transfer_failed', 'voicemail', 'error']), 'When', {
          labels: {
            call_ended: 'A call ended',
            goal_reached: 'A goal is reached',
            transfer_failed: 'A transfer failed',
            voicemail: 'A message was left',
            error: 'Something went wrong',
          },
        }),
        emails: field(z.array(email()).max(20).default([]), 'E-mail to'),
        numbers: field(z.array(phone()).max(20).default([]), 'Text message to'),
        text: field(prose(2_000).default(''), 'Text', { multiline: true }),
        active: field(z.boolean().default(true), 'Active'),
      }),
      50,
    ),
    'Notifications',
  ),
});

/** Who answers and makes calls: seven parts, each with a permission of its own. */
export const agent = kindOf({
  kind: 'agent',
  label: 'Agent',
  plural: 'Agents',
  rows: {
    read: 'agents',
    write: 'agents.general',
    parts: {
      general: 'agents.general',
      prompt: 'agents.prompt',
      knowledge: 'agents.knowledge',
      tools: 'agents.tools',
      callFlow: 'agents.callFlow',
      analytics: 'agents.analytics',
      notifications: 'agents.notifications',
    },
  },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    general: field(general, 'General', { part: 'general', order: 1 }),
    prompt: field(prompt, 'Prompt', { part: 'prompt', order: 2 }),
    knowledge: field(knowledge, 'Knowledge', { part: 'knowledge', order: 3 }),
    tools: field(tools, 'Tools', { part: 'tools', order: 4 }),
    callFlow: field(callFlow, 'Call Flow', { part: 'callFlow', order: 5 }),
    analytics: field(analytics, 'Analytics', { part: 'analytics', order: 6 }),
    notifications: field(notifications, 'Notifications', { part: 'notifications', order: 7 }),
  }),
  keyed: [
    '/tools/items',
    '/callFlow/steps',
    '/callFlow/transferNumbers',
    '/analytics/goals',
    '/analytics/extract',
    '/notifications/sets',
  ],
  refs: [
    required('/knowledge/bases/*', 'knowledgeBase', 'knowledge'),
    required('/tools/items/*/tool', 'tool', 'tools'),
    required('/callFlow/hours', 'schedule', 'callFlow'),
    optional('/callFlow/number', 'phoneNumber', 'callFlow'),
    optional('/callFlow/transferTo/*', 'agent', 'callFlow'),
  ],
  limit: 'agents',
  fromParent: 'copy',
  deleteRight: 'agents.delete',
});
