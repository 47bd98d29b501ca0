import type { AccountId, Instant, Role, RowId, SuspensionKind, UserId } from '@tenantree/domain';
import type { GivenSecret, ImportWish } from '../src/imports/imports-source.ts';
import { type SavedView, SourceRefusal } from '../src/index.ts';
import type { ProductAt, SentDocument } from '../src/products.ts';
import { MemoryImports } from './memory-imports.ts';
import { MemoryMembers } from './memory-members.ts';
import type { MemoryProducts } from './memory-products.ts';
import type { MemorySource } from './memory-source.ts';
import { MemoryUsage } from './memory-usage.ts';

/** The network as a page sees it: the server's wire format on one side, a tree in memory with its people on the other. */
export type Wire = {
  /** Authorization headers that came in. */
  readonly tokens: string[];
  /** From now on every call is refused with this code; null ends that. */
  readonly refuse: (code: 'UNAUTHORIZED' | null) => void;
  readonly openSockets: () => number;
  readonly stop: () => void;
};

/** What pages of an account can ask for: accounts, who is in them, what they own, importing it, and what they use. */
type Behind = {
  readonly source: MemorySource;
  readonly members: MemoryMembers;
  readonly products: MemoryProducts;
  readonly imports: MemoryImports;
  readonly usage: MemoryUsage;
};

/** Inputs as they come over the wire: what a procedure's schema would have made of them. */
type Input = Parameters<MemorySource['list']>[1] & {
  readonly account: AccountId;
  readonly accounts: readonly AccountId[];
  readonly query: string;
  readonly name: string;
  readonly to: AccountId & Instant;
  readonly scope: 'own' | 'total';
  readonly protection: 'on' | 'off';
  readonly kind: SuspensionKind;
  readonly from?: Instant;
  readonly until?: Instant;
  readonly reason?: string;
  readonly email: string;
  readonly role: Role;
  readonly id: RowId;
  readonly userId: UserId;
  readonly view?: RowId;
  readonly audience?: SavedView['audience'];
  readonly look: SavedView['view'] &
    SavedView['view']['order'] &
    Pick<SavedView, 'density'> & { readonly layout?: string };
};

/** The same of products. */
type ProductInput = ProductAt & {
  readonly language: string;
  readonly search?: string;
  readonly order: 'name' | 'newest';
  readonly cursor?: string;
  readonly limit: number;
  readonly version?: number;
  readonly expectedVersion: number;
  readonly document: SentDocument;
  readonly products: readonly (RowId & { readonly document: SentDocument })[];
};

type OfProducts = Readonly<Record<string, (products: MemoryProducts, input: ProductInput) => Promise<unknown>>>;

/** The same of imports. */
type ImportInput = Omit<ImportWish, 'products'> & {
  readonly account: AccountId;
  readonly target: AccountId;
  readonly products: ImportWish['products'] & readonly RowId[];
  readonly plan: RowId;
  readonly job: RowId;
  readonly items?: readonly number[];
  readonly secrets: readonly GivenSecret[];
};

type OfImports = Readonly<Record<string, (imports: MemoryImports, input: ImportInput) => Promise<unknown>>>;

/** Procedures of imports and their jobs. */
const ofImports = (all: OfImports): Record<string, (behind: Behind, input: Input) => Promise<unknown>> =>
  Object.fromEntries(
    Object.entries(all).map(([name, answer]) => [
      name,
      ({ imports }: Behind, input: Input) => answer(imports, input as unknown as ImportInput),
    ]),
  );

/** Procedures of products. */
const ofProducts = (all: OfProducts): Record<string, (behind: Behind, input: Input) => Promise<unknown>> =>
  Object.fromEntries(
    // What is sent has the fields of its procedure.
    Object.entries(all).map(([name, answer]) => [
      `products.${name}`,
      ({ products }: Behind, input: Input) => answer(products, input as unknown as ProductInput),
    ]),
  );

const isInput = (value: unknown): value is Input => typeof value === 'object' && value !== null;

/** What each procedure is answered with. */
const PROCEDURES: Readonly<Record<string, (behind: Behind, input: Input) => Promise<unknown>>> = {
  'accounts.get': ({ source }, { account }) => source.get(account),
  'accounts.list': ({ source }, { account, ...query }) =>
    source.list(account, { ...query, cursor: query.cursor ?? null }),
  'accounts.search': ({ source }, { account, ...query }) =>
    source.search(account, { ...query, query: query.query ?? '', cursor: query.cursor ?? null }),
  'accounts.create': ({ source }, { account, name }) => source.create(account, { name }),
  'accounts.rename': ({ source }, { account, name }) => source.rename(account, name),
  'accounts.move': ({ source }, { account, to }) => source.move(account, to),
  'accounts.setProtection': ({ source }, { account, protection }) => source.setProtection(account, protection),
  'accounts.previewSuspension': ({ source }, { account }) => source.previewSuspension(account),
  'accounts.suspend': ({ source }, { account, kind, from = null, until = null, reason = null }) =>
    source.suspend(account, { kind, from, until, reason }),
  'accounts.reactivate': ({ source }, { account }) => source.reactivate(account),
  'accounts.close': ({ source }, { account }) => source.close(account),
  'accounts.reopen': ({ source }, { account }) => source.reopen(account),
  'members.list': ({ members }, { account }) => members.list(account),
  'members.invite': ({ members }, { account, email, role }) => members.invite(account, email, role),
  'members.revokeInvitation': async ({ members }, { account, id }) => (await members.withdraw(account, id)) ?? {},
  'members.setRole': async ({ members }, { account, userId, role }) =>
    (await members.setRole(account, userId, role)) ?? {},
  'members.remove': async ({ members }, { account, userId }) => (await members.remove(account, userId)) ?? {},
  ...ofProducts({
    kinds: async (products, { language }) => ({ kinds: await products.kinds(language) }),
    list: (products, { account, kind, search = '', order, cursor = null, limit }) =>
      products.list(account, kind, { search, order, cursor, limit }),
    get: async (products, { version = null, ...at }) => ({ product: await products.get(at, version) }),
    create: async (products, { account, kind, products: [wish] }) => ({
      products: [{ id: wish && (await products.create(account, kind, wish.document)) }],
      created: 1,
    }),
    save: async (products, { expectedVersion, document, ...at }) => ({
      product: await products.save(at, expectedVersion, document),
    }),
    delete: async (products, { products: [product], ...at }) => {
      if (product) await products.remove({ ...at, product });
      return { deleted: 1 };
    },
    restore: async (products, { version = 0, expectedVersion, ...at }) => ({
      product: await products.restore(at, version, expectedVersion),
    }),
    versions: async (products, at) => ({ rows: await products.versions(at), nextCursor: null }),
    deleted: async (products, { account, kind }) => ({ rows: await products.deleted(account, kind), nextCursor: null }),
  }),
  ...ofImports({
    'imports.plan': (imports, { account, ...wish }) => imports.plan(account, wish),
    'imports.run': async (imports, { account, plan, secrets }) => ({ job: await imports.run(account, plan, secrets) }),
    'imports.links': async (imports, { account, target, products }) => ({
      links: await imports.links(account, target, products),
    }),
    'imports.waiting': (imports, { account, job }) => imports.waiting(account, job),
    'jobs.list': async (imports, { account }) => ({ rows: await imports.recent(account), nextCursor: null }),
    'jobs.get': async (imports, { account, job }) => {
      const found = await imports.job(account, job);
      const items = found.steps.map(({ n, account: { id: target, name }, names: about, state, done: told }) => {
        const result = found.job.kind === 'imports.undo' ? { undone: told, kept: [] } : { items: told };
        return { n, target, name, about, state, attempts: 1, result, conflict: [], error: null };
      });
      return { ...found, items };
    },
    'jobs.previewUndo': async (imports, { account, job }) => ({ accounts: await imports.foreseeUndo(account, job) }),
    'jobs.retry': async (imports, { account, job, items }) => {
      await imports.retry(account, job, items);
      return { job: (await imports.job(account, job)).job };
    },
    'jobs.undo': async (imports, { account, job }) => ({ job: await imports.undo(account, job) }),
  }),
  'views.list': async ({ source }, { account }) => ({
    views: (await source.views.list(account)).map(({ id, name, audience, density, view: { order, ...view } }) => ({
      id,
      name,
      audience,
      look: { layout: 'tree', ...view, ...order, density },
    })),
  }),
  'views.save': async ({ source }, { account, name, audience = 'private', view: id = null, look }) => {
    const { sort, direction, density, layout, ...rest } = look;
    const view = { ...rest, order: { sort, direction }, ...(layout === 'flat' && { layout }) };
    return { id: await source.views.save(account, { id, name, audience, view, density }) };
  },
  'views.remove': async ({ source }, { account, view }) => {
    if (view) await source.views.remove(account, view);
    return {};
  },
  'blueprints.list': async () => ({ blueprints: [] }),
  'blueprints.appliedMany': async ({ source }, { account, accounts }) => ({
    applications: await source.applied(account, accounts),
  }),
  'usage.series': async ({ usage }, { account, from, to, scope }) => ({
    points: (await usage.days(account, { from: from ?? to, to }))
      .map(({ start, ...of }) => ({ start, key: null, quantity: of[scope] }))
      .filter(({ quantity }) => quantity !== '0'),
  }),
  'accounts.entries': async () => ({ rows: [], nextCursor: null }),
  'audit.list': async () => ({ rows: [], nextCursor: null }),
};

type Why = Pick<SourceRefusal, 'message' | 'field' | 'faults'> & { readonly code: string };

const failure = (path: string, { code, message, field, faults }: Why) => ({
  error: {
    message,
    code: -32_001,
    data: {
      code,
      httpStatus: 401,
      path,
      refusal: { code, message, retryable: false, faults, ...(field !== null && { field }) },
      requestId: 'r-1',
    },
  },
});

/** A socket that never connects, as behind a proxy that swallows upgrades. */
function deafSockets(): { readonly Socket: typeof WebSocket; readonly open: Set<WebSocket> } {
  const open = new Set<WebSocket>();
  class Deaf extends EventTarget {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readyState = 0;
    constructor() {
      super();
      open.add(this as unknown as WebSocket);
    }
    send(): void {}
    close(): void {
      this.readyState = 3;
      open.delete(this as unknown as WebSocket);
      this.dispatchEvent(new CloseEvent('close', { code: 1006 }));
    }
  }
  return { Socket: Deaf as unknown as typeof WebSocket, open };
}

/** Answers calls to an address from a tree in memory until `stop`. */
export function serve(
  api: string,
  source: MemorySource,
  {
    protocol = 1,
    members = new MemoryMembers(),
    imports = new MemoryImports(source),
    usage = new MemoryUsage(source),
  }: {
    readonly protocol?: number;
    readonly members?: MemoryMembers;
    readonly imports?: MemoryImports;
    readonly usage?: MemoryUsage;
  } = {},
): Wire {
  const tokens: string[] = [];
  let refused: string | null = null;
  const real = { fetch: window.fetch, socket: window.WebSocket };
  const { Socket, open } = deafSockets();

  window.WebSocket = Socket;
  window.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== api) return real.fetch(input, init);
    if (url.pathname === '/version') return Response.json({ version: '0.1.0', protocol });
    const token = new Headers(init?.headers).get('authorization');
    if (token) tokens.push(token);
    const paths = url.pathname.replace('/trpc/', '').split(',');
    const inputs: unknown = JSON.parse(
      url.searchParams.get('input') ?? (typeof init?.body === 'string' ? init.body : '{}'),
    );
    const results = paths.map(async (path, k) => {
      if (refused) return failure(path, { code: refused, message: 'The session is over.', field: null, faults: [] });
      try {
        const input: unknown = typeof inputs === 'object' && inputs !== null ? Reflect.get(inputs, String(k)) : {};
        const answer = PROCEDURES[path];
        const data =
          answer && isInput(input)
            ? await answer({ source, members, imports, usage, products: imports.products }, input)
            : { claimed: true };
        return { result: { data } };
      } catch (error) {
        if (error instanceof SourceRefusal) return failure(path, error);
        throw error;
      }
    });
    const settled = await Promise.all(results);
    init?.signal?.throwIfAborted();
    return Response.json(settled, { status: refused ? 401 : 200 });
  };

  return {
    tokens,
    refuse: (code) => {
      refused = code;
    },
    openSockets: () => open.size,
    stop: () => {
      window.fetch = real.fetch;
      window.WebSocket = real.socket;
    },
  };
}
