import { readFileSync } from 'node:fs';
import { PROCEDURES, type Procedure, procedureAt } from '@tenantree/contract';
import { type AccountRow, MAX_JSON_DEPTH } from '@tenantree/domain';
import type { inferRouterOutputs } from '@trpc/server';
import { describe, expect, it } from 'vitest';
import { BODY_BYTES } from '../src/wire/read-json.ts';
import { MOST_CALLS } from '../src/wire/trpc-http.ts';
import type { AppRouter } from './support/clients.ts';

type Outputs = inferRouterOutputs<AppRouter>;
type Item<T> = T extends readonly (infer One)[] ? One : never;
/** Every name that any of several forms has. */
type NameIn<T> = T extends unknown ? keyof T : never;

/** The names of a type's fields: one that is missing, or is no field, does not compile. */
const fieldsOf = <T>(names: Record<NameIn<T>, true>): string[] => Object.keys(names);

const ACCOUNT = {
  id: true,
  parentId: true,
  externalId: true,
  name: true,
  depth: true,
  status: true,
  suspension: true,
  protected: true,
  billingMode: true,
  transferUntil: true,
  children: true,
  subaccounts: true,
  members: true,
  agents: true,
  minutes: true,
  caps: true,
  minutesMax: true,
  createdAt: true,
  closedAt: true,
} as const;
const account = fieldsOf<AccountRow>(ACCOUNT);

/** What every procedure answers; of subscriptions, what a frame holds. */
const answeredBy = ({ output }: Procedure): string[] =>
  Object.keys((output.jsonSchema('output') as { readonly properties?: object }).properties ?? {});

/** What stands in the lists of answers. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  account,
  'product in a list': fieldsOf<Item<Outputs['products']['list']['rows']>>({
    id: true,
    kind: true,
    name: true,
    externalId: true,
    version: true,
    savedAt: true,
    link: true,
    columns: true,
  }),
  product: fieldsOf<Outputs['products']['get']['product']>({
    id: true,
    kind: true,
    name: true,
    externalId: true,
    version: true,
    savedAt: true,
    savedBy: true,
    link: true,
    document: true,
    levels: true,
    refs: true,
    usedBy: true,
  }),
  invoice: fieldsOf<Item<Outputs['invoices']['list']['rows']>>({
    id: true,
    number: true,
    issuedAt: true,
    kind: true,
    period: true,
    total: true,
    applied: true,
    due: true,
    lines: true,
    credits: true,
  }),
  'price book': fieldsOf<Item<Outputs['books']['list']['rows']>>({
    id: true,
    version: true,
    name: true,
    terms: true,
    savedAt: true,
    customers: true,
  }),
  statement: fieldsOf<Item<Outputs['statements']['list']['rows']>>({
    id: true,
    number: true,
    frozenAt: true,
    kind: true,
    period: true,
    seller: true,
    customer: true,
    total: true,
    lines: true,
  }),
  'line of a statement': fieldsOf<Item<Outputs['statements']['get']['lines']>>({
    n: true,
    type: true,
    says: true,
    account: true,
    meter: true,
    unit: true,
    ofPeriod: true,
    quantity: true,
    from: true,
    to: true,
    amount: true,
  }),
  customer: fieldsOf<Item<Outputs['margins']['get']['rows']>>({
    customer: true,
    book: true,
    used: true,
    cost: true,
    revenue: true,
    margin: true,
    statement: true,
  }),
  'line of an invoice': fieldsOf<Item<Outputs['invoices']['get']['lines']>>({
    n: true,
    type: true,
    says: true,
    account: true,
    meter: true,
    unit: true,
    ofPeriod: true,
    quantity: true,
    from: true,
    to: true,
    amount: true,
  }),
  entry: fieldsOf<Item<Outputs['audit']['list']['rows']>>({
    id: true,
    at: true,
    account: true,
    kind: true,
    action: true,
    sentence: true,
    actor: true,
    target: true,
    details: true,
    requestId: true,
  }),
  key: fieldsOf<Item<Outputs['keys']['list']['keys']>>({
    id: true,
    name: true,
    prefix: true,
    owner: true,
    createdAt: true,
    expiresAt: true,
    lastUsedAt: true,
    revokedAt: true,
    scopes: true,
    within: true,
    madeBy: true,
  }),
  member: fieldsOf<Item<Outputs['members']['list']['members']>>({
    userId: true,
    name: true,
    email: true,
    role: true,
    since: true,
    lastActivity: true,
  }),
  invitation: fieldsOf<Item<Outputs['members']['list']['invitations']>>({
    id: true,
    email: true,
    role: true,
    expiresAt: true,
    invitedBy: true,
  }),
  result: fieldsOf<Item<Outputs['usage']['record']['results']>>({
    status: true,
    overLimit: true,
    code: true,
    message: true,
    field: true,
    retryable: true,
  }),
  point: fieldsOf<Item<Outputs['usage']['series']['points']>>({ start: true, key: true, quantity: true }),
  session: fieldsOf<Item<Outputs['session']['list']['sessions']>>({
    id: true,
    signedInAt: true,
    expiresAt: true,
    address: true,
    userAgent: true,
    isThis: true,
  }),
  'session of a screen': fieldsOf<Item<Outputs['embed']['list']['rows']>>({
    id: true,
    account: true,
    userRef: true,
    origins: true,
    grant: true,
    key: true,
    createdAt: true,
    expiresAt: true,
  }),
  'file of accounts': fieldsOf<Item<Outputs['accountImports']['list']['rows']>>({
    id: true,
    filename: true,
    columns: true,
    rows: true,
    state: true,
    counts: true,
    plannedAt: true,
    job: true,
    made: true,
    createdAt: true,
    expiresAt: true,
  }),
  'row of a file': fieldsOf<Item<Outputs['accountImports']['rows']['rows']>>({
    line: true,
    cells: true,
    outcome: true,
    was: true,
    field: true,
    message: true,
  }),
  job: fieldsOf<Item<Outputs['jobs']['list']['rows']>>({
    id: true,
    kind: true,
    label: true,
    subject: true,
    state: true,
    total: true,
    done: true,
    skipped: true,
    failed: true,
    askedBy: true,
    createdAt: true,
    startedAt: true,
    endedAt: true,
    cancelAskedAt: true,
    stoppable: true,
    undoable: true,
    retryable: true,
    file: true,
    etaSeconds: true,
  }),
  'item of a job': fieldsOf<Item<Outputs['jobs']['get']['items']>>({
    n: true,
    target: true,
    name: true,
    about: true,
    state: true,
    attempts: true,
    result: true,
    conflict: true,
    error: true,
  }),
};

const developers = readFileSync(new URL('../../../docs/developers.md', import.meta.url), 'utf8');

const names = (cell: string): string[] => [...cell.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name);

/** Rows of the table that follows a mark: the names in the first column, and the fields in the second. */
function table(mark: string): Map<string, string[]> {
  const text = developers.split(`<!-- ${mark}:`)[1]?.split('\n\n')[1] ?? '';
  return new Map(
    text.split('\n').flatMap((row) => {
      const [, first = '', second = ''] = row.split('|');
      const fields = [...(second.includes('an account') ? account : []), ...names(second)].toSorted();
      return (mark === 'answers' ? names(first) : [first.trim().replace(/^an? /, '')]).map(
        (name) => [name, fields] as const,
      );
    }),
  );
}

describe('docs/developers.md', () => {
  it('says of every procedure what it answers', () => {
    const listed = table('answers');
    expect([...listed.keys()].toSorted()).toEqual([...PROCEDURES.keys()].toSorted());
    for (const [name, fields] of listed) expect(fields, name).toEqual(answeredBy(procedureAt(name)).toSorted());
  });

  it('says what stands in the lists of answers', () => {
    const listed = table('parts');
    for (const [name, fields] of Object.entries(PARTS)) expect(listed.get(name), name).toEqual(fields.toSorted());
  });

  it('names the limits of requests that hold', () => {
    const limitOf = (what: string): string => developers.split(`| ${what} `)[1]?.split('|')[1]?.trim() ?? '';
    const [mib, kib] = [1_048_576, 1_024];
    expect(limitOf('calls in one request')).toMatch(new RegExp(`^${MOST_CALLS};`));
    expect(limitOf('depth of JSON')).toBe(`${MAX_JSON_DEPTH} levels`);
    expect(limitOf('body of a request, or message').match(/\d+ [KM]iB/g)).toEqual([
      `${BODY_BYTES.usual / mib} MiB`,
      `${BODY_BYTES.usage / mib} MiB`,
      `${BODY_BYTES.unrecognised / kib} KiB`,
    ]);
  });
});
