import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { isRecord, jsonFault } from '../json.ts';
import { type AccessState, decideAccess, type Need } from '../permissions/access.ts';
import type { CappedAccount } from '../permissions/effective.ts';
import { UNBOUNDED } from '../permissions/levels.ts';
import { fieldName } from '../text.ts';
import type { AccountLabel, AccountStatus } from './account.ts';
import { type AccountRef, accountNotFound, parseAccountRef } from './account-ref.ts';
import { type CreateState, decideCreate, type NewAccount, parseNewAccount } from './create.ts';
import { type ExternalId, parseExternalId } from './external-id.ts';
import type { Metadata } from './metadata.ts';
import type { AccountPath } from './path.ts';
import type { SuspendableAccount } from './suspension.ts';

/** Most accounts that one call creates. */
export const MOST_CREATED = 1_000;

/** An account as it is sent in a batch. */
export type SentAccount = {
  readonly name: string;
  /** Where it is to stand: an id, `ext:THEIR-ID`, or the position of an earlier entry of the same call, from 0. Without it, in the acting account. */
  readonly parent?: string | number | undefined;
  readonly externalId?: string | undefined;
  readonly metadata?: unknown;
};

/** Where an entry of a batch is to stand, in the words in which it was asked for. */
export type WishedParent =
  | { readonly kind: 'acting' }
  | { readonly kind: 'entry'; readonly position: number }
  | NamedParent;
type NamedParent = AccountRef & { readonly asked: string };

/** A wish for an account, each part of it well formed. */
export type CreationWish = {
  readonly parent: WishedParent;
  readonly account: NewAccount;
  /** It is said to be an account that is there already: this one. */
  readonly known?: AccountId;
  /** Nothing is said of metadata: an account that is there has its own. */
  readonly metadata?: 'unsaid';
  /** What sets it up if it is made: a blueprint by its id or name. */
  readonly blueprint?: string;
};

/** An entry of a batch: what it wishes, or why it can't be read; and the external id by which others may name it, if it can be told. */
export type BatchEntry = { readonly wish: Decision<CreationWish>; readonly externalId: ExternalId | null };

/** Characters of a text of which nothing is read. */
const TOO_LONG = 4_000;
const FIELDS = ['name', 'parent', 'externalId', 'metadata'];

/**
 * Reads one entry of a batch, of whatever kind it is: a bad one is refused with its field and never loses the others.
 *
 * @param position of the entry in its batch, from 0: its parent may only be one before it
 */
export function readBatchEntry(entry: unknown, position: number): BatchEntry {
  const wish = readWish(entry, position);
  if (wish.ok) return { wish, externalId: wish.value.account.externalId };
  const named = isRecord(entry) && isText(entry['externalId']) ? parseExternalId(entry['externalId']) : null;
  return { wish, externalId: named?.ok ? named.value : null };
}

function readWish(entry: unknown, position: number): Decision<CreationWish> {
  if (!isRecord(entry)) return refuse('BAD_REQUEST', 'An account is an object.');
  const fault = jsonFault(entry);
  if (fault) {
    if (fault.path === '') return refuse('BAD_REQUEST', `This account ${fault.why}.`);
    const field = fault.path.slice(0, 200);
    return refuse('BAD_REQUEST', `${field} ${fault.why}.`, field);
  }
  const unknown = Object.keys(entry).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return refuse('BAD_REQUEST', 'There is no such field.', fieldName(unknown));
  const { name, externalId, metadata } = entry;
  const parent = readParent(entry['parent'], position);
  if (!parent.ok) return parent;
  if (!isText(name)) return notText('name');
  if (externalId !== undefined && !isText(externalId)) return notText('externalId');
  const account = parseNewAccount({ name, externalId, metadata });
  return account.ok ? accept({ parent: parent.value, account: account.value }) : account;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= TOO_LONG;
const notText = (field: string): Decision<never> =>
  refuse('BAD_REQUEST', `This has to be text of at most ${TOO_LONG} characters.`, field);

function readParent(parent: unknown, position: number): Decision<WishedParent> {
  if (parent === undefined) return accept({ kind: 'acting' });
  if (typeof parent === 'string') {
    const ref = parseAccountRef(parent);
    return ref.ok ? accept({ ...ref.value, asked: parent }) : parentNotFound(parent);
  }
  if (typeof parent === 'number' && Number.isInteger(parent) && parent >= 0 && parent < position)
    return accept({ kind: 'entry', position: parent });
  const message = 'A parent is an account (an id, or ext:THEIR-ID) or the position of an earlier entry of this call.';
  return refuse('BAD_REQUEST', message, 'parent');
}

const parentNotFound = (asked: string): Decision<never> => {
  const { refusal } = accountNotFound(asked);
  return { ok: false, refusal: { ...refusal, field: 'parent' } };
};

/** An account that is there, or that an earlier entry of the batch makes. */
export type KnownAccount = SuspendableAccount & {
  readonly parentId: AccountId | null;
  readonly path: AccountPath;
  readonly externalId: string | null;
  readonly metadata: Metadata;
  readonly status: AccountStatus;
  readonly payerId: AccountId;
};

/** What the decisions about a batch need to know. All of it is read under the lock of the tree. */
export type CreationGround = {
  /** Of the acting account's subtree: itself, all that the batch names by id or external id, and those between. */
  readonly accounts: readonly KnownAccount[];
  /** Children, not closed, of accounts of the batch's parents whose names it wishes. */
  readonly siblings: readonly (AccountLabel & { readonly parentId: AccountId | null; readonly nameKey: string })[];
  /** Those of the wished external ids that accounts of the tree out of the acting one's sight have. */
  readonly takenOutOfSight: readonly string[];
};

/** Who creates, and under which bounds. */
export type CreationTerms = {
  /** The account as which the batch is sent, from its root down. Who sends it was admitted there. */
  readonly chain: AccessState['chain'];
  readonly memberships: AccessState['memberships'];
  /** What it takes to create in an account. */
  readonly need: Need;
  readonly nowMs: number;
  /** The deployment's bound, see depth.ts. */
  readonly maxDepth: number;
  readonly newId: () => AccountId;
  /** Takes the room for one more account below the end of a path, if limits let it through. */
  readonly takeRoom: (parent: AccountPath) => Decision<unknown>;
  /** Whether an account can be made that a blueprint is to set up; it can't where nobody says. */
  readonly setUp?: (blueprint: string) => Decision<unknown>;
};

/** An account to be written: a child of the last but one of its path, that pays through `payerId`. */
export type PlannedAccount = NewAccount & {
  readonly id: AccountId;
  readonly path: AccountPath;
  readonly payerId: AccountId;
};

/** What one entry comes to: an account to be written, or one that an equal earlier wish made. */
export type PlannedCreation =
  | { readonly outcome: 'create'; readonly account: PlannedAccount }
  | { readonly outcome: 'exists'; readonly id: AccountId };

/**
 * Decides about the entries of a batch as if each were asked for by itself, one after the other, and those that are refused weren't there:
 * an entry sees what those before it make, and what should stand below a refused one is refused with it.
 *
 * @returns one decision for each entry; what can't be read keeps its refusal
 */
export function decideCreations(
  ground: CreationGround,
  terms: CreationTerms,
  batch: readonly BatchEntry[],
): Decision<PlannedCreation>[] {
  return new Creations(terms).decide(ground, batch);
}

/** What some entries come to that are sent in parts: each part sees what those before it make. */
export class Creations {
  readonly #terms: CreationTerms;
  readonly #keeps: (planned: PlannedAccount) => boolean;
  /** Of what was planned, what later parts may ask for. */
  readonly #planned: KnownAccount[] = [];
  readonly #plannedSiblings = new Map<string, AccountLabel>();
  readonly #refused = new Set<ExternalId>();

  /** @param keeps which of the planned accounts a later part may name as parents or wish again */
  constructor(terms: CreationTerms, keeps: (planned: PlannedAccount) => boolean = () => true) {
    this.#terms = terms;
    this.#keeps = keeps;
  }

  /**
   * Decides about the next part. Positions in it count from its own first entry.
   *
   * @param ground of this part
   */
  decide(ground: CreationGround, batch: readonly BatchEntry[]): Decision<PlannedCreation>[] {
    const part = new Part(ground, this.#terms, {
      planned: this.#planned,
      siblings: this.#plannedSiblings,
      refused: this.#refused,
    });
    const decisions: Decision<PlannedCreation>[] = [];
    for (const { wish, externalId } of batch) {
      const decision = wish.ok ? part.decide(wish.value, decisions) : wish;
      if (!decision.ok && externalId !== null) this.#refused.add(externalId);
      decisions.push(decision);
    }
    for (const account of part.planned) if (this.#keeps(account)) this.#planned.push(knownOf(account));
    return decisions;
  }
}

/** What the parts so far leave to a later one. */
type Left = {
  readonly planned: readonly KnownAccount[];
  /** Grows with what is planned. */
  readonly siblings: Map<string, AccountLabel>;
  readonly refused: ReadonlySet<ExternalId>;
};

/** What stands, and what the entries so far add to it. */
class Part {
  readonly planned: PlannedAccount[] = [];
  readonly #terms: CreationTerms;
  readonly #byId = new Map<AccountId, KnownAccount>();
  readonly #byExternalId = new Map<string, KnownAccount>();
  readonly #siblings = new Map<string, AccountLabel>();
  readonly #left: Left;
  readonly #takenOutOfSight: ReadonlySet<string>;
  /** Whether there may be subaccounts in an account, asked once for each. */
  readonly #admitted = new Map<AccountId, Decision<unknown>>();

  constructor({ accounts, siblings, takenOutOfSight }: CreationGround, terms: CreationTerms, left: Left) {
    this.#terms = terms;
    this.#left = left;
    for (const account of [...left.planned, ...accounts]) this.#know(account);
    for (const sibling of siblings) this.#siblings.set(siblingKey(sibling.parentId, sibling.nameKey), sibling);
    this.#takenOutOfSight = new Set(takenOutOfSight);
  }

  decide(wish: CreationWish, earlier: readonly Decision<PlannedCreation>[]): Decision<PlannedCreation> {
    const found = this.#parentOf(wish.parent, earlier);
    if (!found.ok) return found;
    const parent = found.value;
    const admitted = this.#admit(parent, wish.parent);
    if (!admitted.ok) return admitted;
    const holder = this.#holderOf(wish);
    if (wish.known !== undefined && holder === null) return unknownId(wish.known);
    const account = wish.metadata && isHere(holder) ? { ...wish.account, metadata: holder.metadata } : wish.account;
    const key = siblingKey(parent.id, account.name.key);
    const creation = decideCreate(
      {
        parent,
        siblingOfThatName: this.#siblings.get(key) ?? this.#left.siblings.get(key) ?? null,
        accountOfThatExternalId: holder,
        maxDepth: this.#terms.maxDepth,
      },
      account,
    );
    if (!creation.ok) return creation;
    if (creation.value.outcome === 'exists') return accept(creation.value);
    const { takeRoom, setUp } = this.#terms;
    const prepared = wish.blueprint === undefined ? null : setUp?.(wish.blueprint);
    if (prepared === undefined) throw new Error('nobody sets accounts up here');
    if (prepared && !prepared.ok) return prepared;
    const room = takeRoom(parent.path);
    if (!room.ok) return room;
    return accept({ outcome: 'create', account: this.#add(parent, account) });
  }

  #parentOf(wished: WishedParent, earlier: readonly Decision<PlannedCreation>[]): Decision<KnownAccount> {
    switch (wished.kind) {
      case 'acting':
        return this.#known(this.#terms.chain.at(-1)?.id);
      case 'entry': {
        const decision = earlier[wished.position];
        if (!decision?.ok) return parentRefused(`entry ${wished.position} of this call`);
        const { value } = decision;
        return this.#known(value.outcome === 'exists' ? value.id : value.account.id);
      }
      case 'id':
        return this.#known(wished.id, wished.asked);
      case 'external': {
        const account = this.#byExternalId.get(wished.externalId);
        if (account) return accept(account);
        return this.#left.refused.has(wished.externalId)
          ? parentRefused(`“${wished.asked}” of this call`)
          : parentNotFound(wished.asked);
      }
    }
  }

  #known(id: AccountId | undefined, asked: string = id ?? ''): Decision<KnownAccount> {
    const account = id && this.#byId.get(id);
    return account ? accept(account) : parentNotFound(asked);
  }

  #admit(parent: KnownAccount, wished: WishedParent): Decision<unknown> {
    const known = this.#admitted.get(parent.id);
    if (known) return known;
    const { chain, memberships, need, nowMs } = this.#terms;
    const acting = chain.at(-1)?.id;
    const asked = 'asked' in wished ? wished.asked : parent.id;
    // Of the acting account it was decided already, or the batch would not be here.
    const decision: Decision<unknown> =
      parent.id === acting
        ? accept(null)
        : decideAccess(
            {
              asked,
              memberships,
              chain: [...chain, ...this.#between(acting, parent)],
              status: parent.status,
            },
            need,
            nowMs,
          );
    const told = !decision.ok && decision.refusal.code === 'NOT_FOUND' ? parentNotFound(asked) : decision;
    this.#admitted.set(parent.id, told);
    return told;
  }

  /** What stands below the acting account down to another one, that one included. */
  #between(acting: AccountId | undefined, { path }: KnownAccount): (KnownAccount & CappedAccount)[] {
    // Their caps don't bind: the caller's memberships stand at the acting account or above it.
    return path
      .slice(path.findIndex((id) => id === acting) + 1)
      .flatMap((id) => this.#byId.get(id) ?? [])
      .map((account) => ({ ...account, caps: UNBOUNDED }));
  }

  #holderOf({ known, account: { externalId } }: CreationWish): Holder {
    if (known !== undefined) return this.#byId.get(known) ?? null;
    if (externalId === null) return null;
    return this.#byExternalId.get(externalId) ?? (this.#takenOutOfSight.has(externalId) ? 'out_of_sight' : null);
  }

  #add(parent: KnownAccount, account: NewAccount): PlannedAccount {
    const id = this.#terms.newId();
    const planned = { ...account, id, path: [...parent.path, id], payerId: parent.payerId };
    this.#know(knownOf(planned));
    this.#left.siblings.set(siblingKey(parent.id, account.name.key), { id, name: account.name.name });
    this.planned.push(planned);
    return planned;
  }

  #know(account: KnownAccount): void {
    this.#byId.set(account.id, account);
    if (account.externalId !== null) this.#byExternalId.set(account.externalId, account);
  }
}

type Holder = CreateState['accountOfThatExternalId'];

const isHere = (holder: Holder): holder is Exclude<Holder, string | null> =>
  holder !== null && holder !== 'out_of_sight';

/** An account as it will be known once it is written. */
const knownOf = ({ id, name, path, payerId, externalId, metadata }: PlannedAccount): KnownAccount => ({
  id,
  name: name.name,
  parentId: path.at(-2) ?? null,
  path,
  payerId,
  externalId,
  metadata,
  status: 'active',
  suspension: null,
});

const unknownId = (id: AccountId): Decision<never> => {
  const { refusal } = accountNotFound(id);
  return { ok: false, refusal: { ...refusal, field: 'id' } };
};

const siblingKey = (parent: AccountId | null, nameKey: string): string => `${parent} ${nameKey}`;

const parentRefused = (which: string): Decision<never> =>
  refuse('PARENT_REFUSED', `Its parent, ${which}, is refused.`, 'parent');
