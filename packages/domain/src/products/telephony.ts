import { z } from 'zod';
import { choice, day, field, group, id, line, phone, prose, secret } from './fields.ts';
import { kindOf, optional } from './kind.ts';

/** The way to another carrier. */
export const sipTrunk = kindOf({
  kind: 'sipTrunk',
  label: 'SIP trunk',
  plural: 'SIP trunks',
  rows: { read: 'telephony.sipTrunks', write: 'telephony.sipTrunks' },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    active: field(z.boolean().default(true), 'Active'),
    host: field(line(253).default(''), 'Host'),
    port: field(z.int().min(1).max(65_535).default(5_061), 'Port'),
    transport: field(choice(['tls', 'tcp', 'udp']).default('tls'), 'Transport', {
      labels: { tls: 'TLS', tcp: 'TCP', udp: 'UDP' },
    }),
    auth: field(
      z
        .strictObject({ user: field(line(120).default(''), 'User'), password: secret('Password') })
        .default({ user: '' }),
      'Sign-in',
    ),
    encryptsMedia: field(z.boolean().default(true), 'Encrypts what is said'),
    mostCalls: field(z.int().min(1).max(100_000).nullable().default(null), 'Calls at a time', { unit: 'calls' }),
  }),
  secrets: ['/auth/password'],
  columns: ['/host', '/active'],
  fromParent: 'copy',
  startsAs: { '/active': false },
});

/** A number that people call, or are called from. */
export const phoneNumber = kindOf({
  kind: 'phoneNumber',
  label: 'Phone number',
  plural: 'Phone numbers',
  rows: { read: 'telephony.phoneNumbers', write: 'telephony.phoneNumbers' },
  schema: z.strictObject({
    name: field(line(120), 'Name', { help: 'What it is for; the number itself stands below.' }),
    number: field(phone(), 'Number'),
    type: field(choice(['local', 'national', 'mobile', 'toll_free']).default('local'), 'Type', {
      labels: { local: 'Local', national: 'National', mobile: 'Mobile', toll_free: 'Toll-free' },
    }),
    voice: field(z.boolean().default(true), 'Calls'),
    messages: field(z.boolean().default(false), 'Text messages'),
    agent: field(id().nullable().default(null), 'Answered by', { ref: 'agent' }),
    forwardTo: field(phone().nullable().default(null), 'Otherwise forwarded to'),
    trunk: field(id().nullable().default(null), 'SIP trunk', { ref: 'sipTrunk' }),
    compliance: field(id().nullable().default(null), 'Compliance profile', { ref: 'complianceProfile' }),
    callerName: field(line(15).default(''), 'Caller name'),
  }),
  refs: [optional('/compliance', 'complianceProfile'), optional('/agent', 'agent'), optional('/trunk', 'sipTrunk')],
  columns: ['/number', '/type'],
  limit: 'phoneNumbers',
  fromParent: 'move',
});

/** Who somebody is, as offices that hand out numbers want to know it. */
export const complianceProfile = kindOf({
  kind: 'complianceProfile',
  label: 'Compliance profile',
  plural: 'Compliance profiles',
  rows: { read: 'telephony.complianceProfiles', write: 'telephony.complianceProfiles' },
  schema: z.strictObject({
    name: field(line(120), 'Name'),
    type: field(choice(['business', 'individual']).default('business'), 'For', {
      labels: { business: 'A business', individual: 'A person' },
    }),
    legalName: field(line(200).default(''), 'Legal name'),
    registration: field(line(100).default(''), 'Registration number'),
    taxId: field(line(100).default(''), 'Tax number'),
    country: field(
      z
        .string()
        .regex(/^[A-Z]{2}$/, 'Write a country as DE or US.')
        .nullable()
        .default(null),
      'Country',
    ),
    address: field(
      group({
        street: field(line(200).default(''), 'Street and number'),
        city: field(line(120).default(''), 'City'),
        region: field(line(120).default(''), 'Region'),
        postalCode: field(line(20).default(''), 'Postal code'),
      }),
      'Address',
    ),
    contact: field(line(200).default(''), 'Contact'),
    status: field(choice(['draft', 'submitted', 'approved', 'rejected']).default('draft'), 'Status', {
      labels: { draft: 'Draft', submitted: 'Submitted', approved: 'Approved', rejected: 'Rejected' },
    }),
    validUntil: field(day().nullable().default(null), 'Valid until'),
    notes: field(prose(4_000).default(''), 'Notes', { multiline: true }),
  }),
  columns: ['/legalName', '/country', '/status'],
  fromParent: 'never',
});
