import type { ShownCaps, ShownPreset } from '@tenantree/contract';
import {
  type AccountId,
  boundByControllers,
  type CapMarks,
  capOutcome,
  HIGHEST,
  instantOf,
  levelOf,
  lowest,
  PERMISSIONS,
  type PermissionKey,
  type PresetRef,
  packLevels,
  type RowId,
  restrictedIn,
  type SomeLevels,
  UNBOUNDED,
  unreviewedIn,
  type WishedLevels,
} from '@tenantree/domain';
import { SourceRefusal } from '../src/index.ts';
import type { PermissionsSource } from '../src/rooms.ts';
import type { MemoryTree } from './memory-tree.ts';

type Caps = {
  version: number;
  levels: SomeLevels;
  preset: PresetRef | null;
  /** What the last change found, where it is taken back from here; null: it isn't. */
  last: { readonly levels: SomeLevels; readonly preset: PresetRef | null } | null;
};

const AT = instantOf(Date.UTC(2026, 10, 21, 10, 14));
const NOBODY = { person: 0, key: 0, session: 0 };

/** Permissions in memory, by the rules of the domain: they answer like the server does, and can be told to be away. */
export class MemoryPermissions implements PermissionsSource {
  readonly #accounts: MemoryTree;
  readonly #caps = new Map<AccountId, Caps>();
  readonly #offered: ShownPreset[] = [];
  readonly #removed: ShownPreset[] = [];
  /** Levels that were saved, latest last. */
  readonly saved: Parameters<PermissionsSource['set']>[1][] = [];
  /** What every preview says of people. */
  people = 7;
  /** And of live streams. */
  streams = 3;
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;

  constructor(accounts: MemoryTree) {
    this.#accounts = accounts;
  }

  /** Somebody else sets levels; undefined: nobody decided. */
  put(account: AccountId, levels: { readonly [Key in PermissionKey]?: SomeLevels[Key] | undefined }): void {
    const caps = this.#of(account);
    caps.last = null;
    caps.levels = JSON.parse(JSON.stringify({ ...caps.levels, ...levels }));
    caps.version += 1;
  }

  levels(account: AccountId): SomeLevels {
    return this.#of(account).levels;
  }

  get = (account: AccountId): Promise<ShownCaps> => this.#answer(() => this.#shown(account));

  why: PermissionsSource['why'] = (account, key) =>
    this.#answer(() => {
      const chain = this.#chain(account);
      const lines = chain.map(({ id, name }) => ({
        entry: 'cap' as const,
        account: { id, name },
        key,
        level: this.#of(id).levels[key] ?? 'none',
        by: { id: 'olivia', name: 'Olivia Owner' },
        at: AT,
        version: this.#of(id).version,
      }));
      const level = levelOf(this.#own(chain.map(({ id }) => id)), key);
      const marked = lines.map((line) => ({ ...line, decides: line.level === level && level !== HIGHEST[key] }));
      const { name } = this.#accounts.entry(account).row;
      return { account: { id: account, name }, role: 'owner', level, lines: marked };
    });

  preview: PermissionsSource['preview'] = (account, levels) =>
    this.#answer(() => {
      const holders = { ...NOBODY, person: this.people };
      const changes = this.#changes(account, levels);
      const rows = changes.map(({ key, before, after }) => ({ key, before: before ?? 'none', after, holders }));
      const { name } = this.#accounts.entry(account).row;
      const sample = [{ id: account, name }];
      const { version } = this.#of(account);
      return {
        accounts: { checked: 5, changed: 1 },
        holders,
        rows,
        sample,
        streams: { cut: this.streams, complete: true },
        version,
        changes,
        preview: String(version),
      };
    });

  set: PermissionsSource['set'] = (account, levels, { version }) =>
    this.#answer(() => {
      const caps = this.#of(account);
      if (caps.version !== version)
        throw new SourceRefusal({
          code: 'VERSION_CONFLICT',
          message: 'Saved by somebody else.',
          field: 'expectedVersion',
        });
      const changes = this.#changes(account, levels);
      this.saved.push(levels);
      const last = { levels: caps.levels, preset: caps.preset };
      this.put(account, levels);
      caps.last = last;
      return { version: caps.version, changes };
    });

  undo: PermissionsSource['undo'] = (account, version) =>
    this.#answer(() => {
      const caps = this.#of(account);
      if (caps.version !== version || !caps.last)
        throw new SourceRefusal({
          code: 'VERSION_CONFLICT',
          message: 'Saved by somebody else.',
          field: 'expectedVersion',
        });
      const { levels, preset } = caps.last;
      const last = { levels: caps.levels, preset: caps.preset };
      Object.assign(caps, { levels, preset, last, version: version + 1 });
    });

  beside: PermissionsSource['beside'] = (parent, query) =>
    this.#answer(() =>
      this.#accounts
        .entry(parent)
        .children.map(({ row }) => row)
        .filter(({ name }) => name.toLowerCase().includes(query.toLowerCase())),
    );

  presets: PermissionsSource['presets'] = () => this.#answer(() => [...this.#offered]);

  takers: PermissionsSource['takers'] = (_account, id) =>
    this.#answer(() => {
      const named = this.#offered.find((one) => one.id === id)?.levels ?? {};
      const took = [...this.#caps.values()].filter(({ preset }) => preset?.id === id);
      return [...new Set(took.map(({ preset }) => preset?.version ?? 0))].map((version) => {
        const of = took.filter(({ preset }) => preset?.version === version);
        const changed = of.filter(({ levels }) =>
          PERMISSIONS.some(({ key }) => named[key] && named[key] !== levels[key]),
        );
        return { version, accounts: of.length, changed: changed.length };
      });
    });

  savePreset: PermissionsSource['savePreset'] = (account, { name, levels, preset }) =>
    this.#answer(() => {
      if (name === '') throw new SourceRefusal({ code: 'NAME_INVALID', message: 'Give a name.', field: 'name' });
      const before = this.#offered.find(({ id }) => id === preset);
      const id = before?.id ?? (`p${this.#offered.length + 1}` as RowId);
      const row = this.#accounts.entry(account).row;
      const from = { id: row.id, name: row.name };
      const one = {
        id,
        version: (before?.version ?? 0) + 1,
        name,
        levels,
        from,
        savedBy: null,
        savedAt: AT,
        isDefault: false,
      };
      this.#keep(id, one);
      return { id };
    });

  removePreset: PermissionsSource['removePreset'] = (_account, id) =>
    this.#answer(() => {
      this.#removed.push(...this.#offered.filter((one) => one.id === id));
      this.#keep(id, null);
    });

  restorePreset: PermissionsSource['restorePreset'] = (_account, id) =>
    this.#answer(() => this.#keep(id, this.#removed.find((one) => one.id === id) ?? null));

  setDefault: PermissionsSource['setDefault'] = (_account, preset) =>
    this.#answer(() => {
      this.#offered.splice(
        0,
        this.#offered.length,
        ...this.#offered.map((one) => ({ ...one, isDefault: one.id === preset })),
      );
    });

  previewPreset: PermissionsSource['previewPreset'] = (_account, order) =>
    this.#answer(() => order.accounts.map((id) => this.#taking(id, order)));

  applyPreset: PermissionsSource['applyPreset'] = (_account, order) =>
    this.#answer(() =>
      order.accounts.map((id) => {
        const result = this.#taking(id, order);
        const { levels, preset } = this.#of(id);
        this.put(id, Object.fromEntries(result.changes.map(({ key, after }) => [key, after])));
        const version = this.#offered.find((one) => one.id === order.preset)?.version ?? 0;
        Object.assign(this.#of(id), { preset: { id: order.preset, version }, last: { levels, preset } });
        return { ...result, version: this.#of(id).version };
      }),
    );

  unreviewed: PermissionsSource['unreviewed'] = (account) =>
    this.#answer(() =>
      this.#accounts
        .entry(account)
        .children.filter(({ row }) => unreviewedIn(this.#of(row.id).levels).length > 0)
        .map(({ row }) => row),
    );

  review: PermissionsSource['review'] = (_account, accounts, levels) =>
    this.#answer(() => {
      const before = accounts.map((id) => [id, this.#of(id).levels] as const);
      for (const [id, own] of before) this.put(id, { ...levels, ...own });
      const undo = async (): Promise<void> => {
        const open = Object.fromEntries(Object.keys(levels).map((key) => [key, undefined]));
        for (const [id, own] of before) this.put(id, { ...open, ...own });
      };
      return { done: accounts.length, undo };
    });

  #shown(account: AccountId): ShownCaps {
    const chain = this.#chain(account);
    const above = chain.slice(0, -1);
    const { levels, version } = this.#of(account);
    const ceiling = this.#own(above.map(({ id }) => id));
    const effective = boundByControllers(this.#own(chain.map(({ id }) => id)));
    const { name } = this.#accounts.entry(account).row;
    return {
      account: { id: account, name },
      version,
      rows: PERMISSIONS.map(({ key }) => {
        const most = levelOf(ceiling, key);
        const ceilingBy =
          most === HIGHEST[key] ? [] : above.filter(({ id }) => (this.#of(id).levels[key] ?? 'none') === most);
        const level = levels[key] ?? null;
        return {
          key,
          level,
          ceiling: most,
          ceilingBy,
          effective: levelOf(effective, key),
          by: null,
          at: AT,
          local: false,
        };
      }),
      restricted: restrictedIn(levels).length,
      unreviewed: unreviewedIn(levels),
      preset: this.#taken(account),
      undo: this.#of(account).last && { by: 'Olivia Owner', at: AT },
    };
  }

  #taken(account: AccountId): ShownCaps['preset'] {
    const { preset, levels } = this.#of(account);
    const found = this.#offered.find(({ id }) => id === preset?.id);
    if (!preset) return null;
    const differing = PERMISSIONS.filter(({ key }) => found?.levels[key] && found.levels[key] !== levels[key]);
    return { ...preset, name: found?.name ?? null, differs: found ? differing.length : null };
  }

  #taking(
    id: AccountId,
    { preset, mode }: { readonly preset: RowId; readonly mode: 'replace' | 'lower' | 'keepLocal' },
  ) {
    const found = this.#offered.find((one) => one.id === preset);
    if (!found) throw new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such preset.' });
    const caps = this.#of(id);
    const marks: CapMarks = {};
    const { changed, kept } = capOutcome(
      { ...caps, marks },
      { kind: 'preset', preset: { id: preset, version: found.version }, levels: found.levels, mode },
    );
    const changes = this.#changes(id, changed);
    const { name } = this.#accounts.entry(id).row;
    const isTaker = caps.preset?.id === preset && caps.preset.version === found.version;
    const outcome = changes.length > 0 ? ('changed' as const) : isTaker ? ('unchanged' as const) : ('taken' as const);
    return { account: { id, name }, outcome, version: caps.version, changes, kept: [...kept] };
  }

  #changes(account: AccountId, levels: WishedLevels) {
    const before = this.#of(account).levels;
    return PERMISSIONS.flatMap(({ key }) => {
      const after = levels[key];
      return after === undefined || after === null || after === before[key]
        ? []
        : [{ key, before: before[key] ?? null, after }];
    });
  }

  #keep(id: RowId, preset: ShownPreset | null): void {
    const at = this.#offered.findIndex((one) => one.id === id);
    this.#offered.splice(at < 0 ? this.#offered.length : at, at < 0 ? 0 : 1, ...(preset ? [preset] : []));
  }

  #own(chain: readonly AccountId[]) {
    return chain.reduce((levels, id) => lowest(levels, packLevels(this.#of(id).levels)), UNBOUNDED);
  }

  /** The accounts from below the main one, which has no caps, to an account. */
  #chain(account: AccountId): { readonly id: AccountId; readonly name: string }[] {
    const chain: { readonly id: AccountId; readonly name: string }[] = [];
    for (let at = this.#accounts.entry(account); at.parent; at = at.parent)
      chain.unshift({ id: at.row.id, name: at.row.name });
    return chain;
  }

  #of(account: AccountId): Caps {
    const known = this.#caps.get(account) ?? { version: 0, levels: { ...HIGHEST }, preset: null, last: null };
    this.#caps.set(account, known);
    return known;
  }

  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    return answer();
  }
}
