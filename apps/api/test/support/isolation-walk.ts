import { randomUUID } from 'node:crypto';
import { type Named, PROCEDURES, procedureAt } from '@tenantree/contract';
import { type AccountId, EMBED_FEATURES } from '@tenantree/domain';
import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseClosedJob } from '../../src/accounts/erase-closed.ts';
import { enqueue, THE_SYSTEM } from '../../src/jobs/enqueue.ts';
import { invoicesOf } from './billing.ts';
import { agentsNamed, type Client, clientWith, clientWithToken, PASSWORD, signIn } from './clients.ts';
import { type Deployment, deploy } from './deployment.ts';
import { type Caller, callerWith } from './every-call.ts';
import { rolledOut, upload } from './imports.ts';
import { inputWith, namedPlaces } from './named-places.ts';
import { statementsOf } from './rebilling.ts';
import { departed } from './transfer-stage.ts';
import { overWays, type Way } from './way.ts';

const ORIGIN = 'https://portal.example';
const tokenOf = (link: string): string => link.split('/').at(-1) ?? '';

/** All that a caller is told, but for the id of the request, and what they asked for in the words that they used. */
async function answerTo(call: Promise<unknown>, asked: string): Promise<string> {
  const told = await call.catch((error: unknown) => {
    if (!(error instanceof TRPCClientError)) throw error;
    const data: object | null = error.data;
    return { message: error.message, data: { ...data, requestId: null } };
  });
  return JSON.stringify(told).replaceAll(`“${asked}”`, '“X”').replaceAll(`/${asked}"`, '/X"');
}

const IN_ACCOUNTS = [...PROCEDURES].flatMap(([path, { needs }]) => (needs.kind === 'account' ? [path] : []));

/** Every field of every input that names something of somebody: of a new procedure, too, without a word here. */
const FIELDS = [...PROCEDURES]
  .flatMap(([path, { input }]) => {
    const schema = input.jsonSchema('input');
    return namedPlaces(schema).map(({ path: place, names }) => ({ path, place, names, schema }));
  })
  .map((field, nth) => ({ ...field, nth }));

const LOOK = {
  sort: 'name',
  direction: 'asc',
  layout: 'tree',
  density: 'comfortable',
} as const;

const UNKNOWN_IDS = [randomUUID(), randomUUID()];
/** What nobody has, of each kind. */
const NOBODYS: Readonly<Record<Named, readonly string[]>> = {
  account: [randomUUID(), 'ext:nobody', 'ext:', 'nonsense', ''],
  key: UNKNOWN_IDS,
  member: UNKNOWN_IDS,
  invitation: UNKNOWN_IDS,
  session: UNKNOWN_IDS,
  user: ['nobody'],
  job: UNKNOWN_IDS,
  actor: UNKNOWN_IDS,
  preset: UNKNOWN_IDS,
  blueprint: UNKNOWN_IDS,
  invoice: UNKNOWN_IDS,
  book: UNKNOWN_IDS,
  statement: UNKNOWN_IDS,
  product: UNKNOWN_IDS,
  plan: UNKNOWN_IDS,
  import: UNKNOWN_IDS,
  view: UNKNOWN_IDS,
  rollout: UNKNOWN_IDS,
  departure: UNKNOWN_IDS,
  place: ['nonsense', ''],
};
/** What whoever names something of others is told, as if it were nobody's. */
const TOLD: Readonly<Record<Named, RegExp>> = {
  account: /"code":"NOT_FOUND"/,
  // It has no sessions here that end.
  key: /"code":"NOT_FOUND"|^{"ended":0}$/,
  member: /"code":"NOT_FOUND"/,
  invitation: /"code":"NOT_FOUND"/,
  session: /"code":"NOT_FOUND"/,
  // Sessions of theirs, of which there are none.
  user: /^{"rows":\[\],"nextCursor":null}$|^{"ended":0}$/,
  job: /"code":"NOT_FOUND"/,
  // Entries of theirs, of which there are none.
  actor: /"nextCursor":null/,
  preset: /"code":"NOT_FOUND"/,
  blueprint: /"code":"NOT_FOUND"/,
  invoice: /"code":"NOT_FOUND"/,
  book: /"code":"NOT_FOUND"/,
  statement: /"code":"NOT_FOUND"/,
  product: /"code":"NOT_FOUND"/,
  plan: /"code":"NOT_FOUND"/,
  import: /"code":"NOT_FOUND"/,
  view: /"code":"NOT_FOUND"/,
  rollout: /"code":"NOT_FOUND"/,
  departure: /"code":"NOT_FOUND"/,
  // A cursor answers no other question than the one it came from.
  place: /"code":"BAD_REQUEST"/,
};

/** Whoever calls: of each kind one, and others of it. */
const KINDS = ['an admin', 'a key', 'a screen for everything'] as const;
const WHO = [...KINDS, 'a viewer', 'a key from above that is kept to this part', 'a screen for reading'] as const;
const KIND_OF = { 'an admin': 'person', 'a key': 'key', 'a screen for everything': 'embed' } as const;

const mayCall = (who: keyof typeof KIND_OF, path: string): boolean => {
  const { needs } = procedureAt(path);
  return needs.kind !== 'public' && needs.callers.kinds.includes(KIND_OF[who]);
};

const isFromAbove = (path: string): boolean => {
  const { needs } = procedureAt(path);
  return needs.kind === 'account' && needs.at !== 'account';
};

/** Whether this is the account in which the call is made. */
const isActing = (path: string, place: readonly (string | number)[]): boolean =>
  IN_ACCOUNTS.includes(path) && place.join('.') === 'account';

/** The part of some values that is asked for in this turn, one at least: in so many turns, all are. */
const shareOf = <T>(values: readonly T[], turn: number, turns: number): T[] =>
  Array.from(
    { length: Math.ceil(values.length / turns) },
    (_, index) => values[((turn % turns) + index * turns) % values.length]!,
  );

/** How long a walk may take, which asks some thousand times (ms). */
const PATIENCE_MS = 180_000;

/**
 * The walk over every procedure, with what others have, by these ways to the database.
 *
 * @param which callers, fields of inputs and what is named: `one of a kind` leaves out further callers of a kind, and the account in which a call
 *   is made where it stands among other fields. By itself it is asked for anyway, and nothing else is looked at before. Whoever may call a procedure
 *   names a share of what others have: together they name all of it in every field
 */
export const walkOver = (ways: readonly Way[], which: 'all' | 'one of a kind'): void =>
  overWays(ways, (way) => walk(way, which));

function walk(way: Way, which: 'all' | 'one of a kind'): void {
  let api: Deployment;
  /** The account that all callers belong to, and one below it. */
  let account: string;
  let below: string;
  /** What the callers may name, and what they may not. */
  let mine: Record<Named, string>;
  let others: Record<Named, readonly string[]>;
  let otherSecret: string;
  const callers = new Map<string, Caller>();
  /** Accounts that exist and that none of the callers reaches, and names of accounts that don't exist. */
  let foreign: string[];

  /** What anybody did in accounts that the callers don't reach. The system closes a month there by itself, whoever asks for what. */
  const logOfOthers = async (): Promise<unknown> =>
    (await api.owner.audit.list.query({ account: api.root, scope: 'nested', limit: 200 })).rows.filter(
      (entry) => entry.account.id !== account && entry.account.id !== below && entry.actor.kind !== 'system',
    );
  let logBefore: unknown;

  beforeAll(async () => {
    // One connection is enough, for what is refused as for what is done.
    api = await deploy({ config: { databasePool: 3 } }, way);
    const { owner, root } = api;
    const make = async (parent: string, name: string, externalId?: string): Promise<string> =>
      (await owner.accounts.create.mutate({ account: parent, name, ...(externalId && { externalId }) })).account.id;
    account = await make(root, 'Mine');
    below = await make(account, 'Below');
    const sibling = await make(root, 'Sibling', 'sibling');
    const nephew = await make(sibling, 'Nephew');
    const stranger = (await owner.accounts.createMain.mutate({ name: 'Stranger', externalId: 'stranger' })).account.id;
    foreign = [root, sibling, 'ext:sibling', nephew, stranger, 'ext:stranger'];

    const person = async (role: 'admin' | 'viewer'): Promise<Record<string, string>> => {
      const email = `${role}@example.com`;
      const { link } = await owner.members.invite.mutate({ account, email, role });
      const accept = { token: tokenOf(link), name: role, password: PASSWORD };
      await clientWith(api.url, {}).members.acceptInvitation.mutate(accept);
      return { cookie: await signIn(api.url, email, PASSWORD), origin: api.url };
    };
    const { client: key, secret } = await api.key(account);
    const { key: narrow } = await owner.keys.create.mutate({ account: root, name: 'Narrow', within: [account] });
    const screen = async (wish: Partial<Parameters<Client['embed']['createToken']['mutate']>[0]>) => {
      const { token } = await key.embed.createToken.mutate({ account, origin: ORIGIN, userRef: 'dana', ...wish });
      return { authorization: `Bearer ${token}`, origin: ORIGIN };
    };
    const headers: Record<string, Record<string, string>> = {
      'an admin': await person('admin'),
      'a viewer': await person('viewer'),
      'a key': { authorization: `Bearer ${secret}` },
      'a key from above that is kept to this part': { authorization: `Bearer ${narrow}` },
      'a screen for everything': await screen({ features: [...EMBED_FEATURES] }),
      'a screen for reading': await screen({ access: 'read' }),
    };
    for (const [who, own] of Object.entries(headers)) callers.set(who, callerWith(api.url, own));

    const other = await api.key(root);
    otherSecret = other.secret;
    const invite = (to: string) => owner.members.invite.mutate({ account: to, email: 'x@example.com', role: 'viewer' });
    const theirs = await invite(root);
    const { members } = await owner.members.list.query({ account });
    const sessions = await owner.session.list.query();
    const { products: theirProducts } = await owner.products.create.mutate(agentsNamed(root, 'One', 'Two'));
    const chosen = theirProducts.slice(0, 1).map(({ id }) => ({ product: id }));
    const { plan: theirPlan } = await owner.imports.plan.mutate({
      account: root,
      targets: [sibling],
      products: chosen,
    });
    const { rollout: theirRollout } = await rolledOut(api, root, [sibling]);
    const { hall } = api.composed;
    const order = { by: THE_SYSTEM, account: root as AccountId, items: [{ payload: { account: root as AccountId } }] };
    const at = { root: order.account, acting: order.account };
    const orderJob = () => hall.change(THE_SYSTEM, at, (change) => enqueue(hall, change, eraseClosedJob, order));
    const jobs = [await orderJob(), await orderJob()].map(String);
    const { id: theirPreset } = await owner.presets.save.mutate({ account: sibling, name: 'Theirs', levels: {} });
    const said = { account: sibling, name: 'Theirs', limits: { agents: { max: 1 } } };
    const { id: theirBlueprint } = await owner.blueprints.save.mutate(said);
    const { id: theirView } = await owner.views.save.mutate({ account: sibling, name: 'Theirs', look: LOOK });
    const theirInvoices = await invoicesOf(hall, root as AccountId);
    const sold = await statementsOf(hall, root as AccountId, sibling as AccountId);
    const { books: theirBooks, statements: theirStatements } = sold;
    const theirDeparture = await departed(api.database, root);
    const file = 'externalId,name\none,Number one\ntwo,Number two\n';
    const theirImports = [await upload(api, root, file), await upload(api, root, file)].map((sent) => sent.import);
    await owner.accountImports.plan.mutate({ account: root, import: theirImports[0]! });
    const open = () => other.client.embed.createToken.mutate({ account: root, origin: ORIGIN, userRef: 'erin' });
    const screens = [await open(), await open()];
    const first = { account: root, limit: 1 };
    const pages = await Promise.all([
      owner.accounts.list.query(first),
      owner.accounts.search.query({ ...first, query: 'i' }),
      owner.products.list.query({ ...first, kind: 'agent' }),
      owner.audit.list.query({ ...first, scope: 'nested' }),
      owner.embed.list.query(first),
      owner.jobs.list.query(first),
      owner.invoices.list.query(first),
      owner.books.list.query(first),
      owner.statements.list.query(first),
      owner.accountImports.rows.query({ ...first, import: theirImports[0]!, of: 'new' }),
    ]);
    const cursors = pages.flatMap(({ nextCursor }) => nextCursor ?? []);
    if (cursors.length < pages.length) throw new Error('there is too little to have a second page of');
    const viewer = members.find(({ email }) => email === 'viewer@example.com')?.userId ?? '';
    mine = {
      account,
      key: viewer,
      member: viewer,
      invitation: viewer,
      session: viewer,
      actor: viewer,
      job: viewer,
      preset: viewer,
      blueprint: viewer,
      invoice: viewer,
      book: viewer,
      statement: viewer,
      product: viewer,
      plan: viewer,
      import: viewer,
      view: viewer,
      rollout: viewer,
      departure: viewer,
      user: 'dana',
      place: '',
    };
    others = {
      account: foreign,
      key: [other.id],
      member: (await owner.members.list.query({ account: root })).members.map(({ userId }) => userId),
      invitation: [theirs.id],
      session: [...sessions.sessions, ...screens].map(({ id }) => id),
      user: ['erin'],
      job: jobs,
      actor: [other.id],
      preset: [theirPreset],
      blueprint: [theirBlueprint],
      invoice: theirInvoices,
      book: theirBooks,
      statement: theirStatements,
      product: theirProducts.map(({ id }) => id),
      plan: [theirPlan],
      import: theirImports,
      view: [theirView],
      rollout: [theirRollout],
      departure: [theirDeparture],
      place: cursors,
    };
    logBefore = await logOfOthers();
  });
  afterAll(async () => {
    for (const caller of callers.values()) caller.close();
    await api.close();
  });

  const callerOf = (who: string): Caller => {
    const caller = callers.get(who);
    if (!caller) throw new Error(`there is nobody called ${who}`);
    return caller;
  };

  /** What somebody asks for of what others and what nobody has, whose turn it is among those who ask the same. */
  const askedBy = (turn: number, turns: number, theirs: readonly string[], nobodys: readonly string[]): string[] =>
    [theirs, nobodys].flatMap((values) => shareOf(values, turn, which === 'all' ? 1 : turns));

  describe('The walk over every procedure and subscription (rules/permissions 7)', () => {
    it.each(which === 'all' ? WHO : KINDS)(
      'tells %s the same of accounts out of reach as of those that don’t exist',
      async (who) => {
        const caller = callerOf(who);
        for (const [at, path] of IN_ACCOUNTS.entries()) {
          const asked = askedBy(WHO.indexOf(who) + at, KINDS.length, foreign, NOBODYS.account);
          const calls = caller.callEach(
            path,
            asked.map((one) => ({ account: one })),
          );
          const answers = await Promise.all(calls.map((call, index) => answerTo(call, asked[index]!)));
          expect([...new Set(answers)], path).toEqual([expect.stringContaining('"code":"NOT_FOUND"')]);
        }
      },
      PATIENCE_MS,
    );

    it.each(KINDS)(
      'tells %s the same, too, wherever else something of others is named: in every field of every input',
      async (who) => {
        const caller = callerOf(who);
        const fields = FIELDS.filter(
          ({ path, place }) => mayCall(who, path) && (which === 'all' || !isActing(path, place)),
        );
        for (const { nth, path, place, names, schema } of fields) {
          const at = `${path} ${place.join('.')}`;
          const able = KINDS.filter((kind) => mayCall(kind, path));
          const asked = askedBy(able.indexOf(who) + nth, able.length, others[names], NOBODYS[names]);
          // What is done from above is done to an account below one's own.
          const own = { ...mine, account: isFromAbove(path) ? below : account };
          const calls = caller.callEach(
            path,
            asked.map((value) => inputWith(schema, own, place, value)),
          );
          const answers = await Promise.all(calls.map((call, index) => answerTo(call, asked[index]!)));
          expect([...new Set(answers)], at).toEqual([expect.stringMatching(TOLD[names])]);
        }
      },
      PATIENCE_MS,
    );

    it('leaves nothing in the accounts that were asked for', async () => {
      expect(await logOfOthers()).toEqual(logBefore);
    });

    it('leaves keys, people and sessions of others as they were', async () => {
      expect((await clientWithToken(api.url, otherSecret).session.me.query()).home).toBe(api.root);
      expect((await api.owner.session.me.query()).actor).toBe('person');
      const { members, invitations } = await api.owner.members.list.query({ account: api.root });
      expect([members.length, invitations.length]).toEqual([1, 1]);
      expect((await api.owner.embed.list.query({ account: api.root, userRef: 'erin' })).rows).toHaveLength(2);
    });
  });
}
