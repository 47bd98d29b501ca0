import { type KeyId, type PermissionsFrame, PRESET_MODES, type RowId, type UserId } from '@tenantree/domain';
import { z } from 'zod';
import * as inputs from './inputs.ts';
import {
  type AnswerOf,
  fromAbove,
  inAccount,
  mutation,
  type ParsedOf,
  query,
  reach,
  screensFor,
  subscription,
} from './procedure.ts';
import * as shapes from './shapes.ts';

/** Most accounts that one call changes the caps of, in one transaction. */
const MOST_ACCOUNTS = 500;

const SCREENS = screensFor('permissions');

/** Levels by permission, as they are sent: a permission that isn't named stays as it is. */
/** Levels by permission. */
export const levels = z.partialRecord(shapes.permissionKey, shapes.level);
/** The same of one account, where null takes a decision back: it is undecided again, works as none, and is to be reviewed. */
const wishedLevels = z.partialRecord(shapes.permissionKey, shapes.level.nullable());
const version = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const accounts = z.array(inputs.account).min(1).max(MOST_ACCOUNTS);
const preset = { preset: inputs.id<RowId>('preset'), presetVersion: version.min(1).optional() };
const mode = z.enum(PRESET_MODES);

/** An account, or `an account above you`, which has no id. */
const place = z.strictObject({ id: shapes.accountId.nullable(), name: z.string() });
const setter = z.strictObject({ id: z.string().nullable(), name: z.string() });
const presetTaken = z.strictObject({
  id: shapes.rowId,
  version: shapes.count,
  /** What that version is called, and of how many of its levels the account has others. Null where it isn’t offered there any more, or the reader may not know the presets that are. */
  name: z.string().nullable(),
  differs: shapes.count.nullable(),
});

/** Of one permission: what the account's caps say, and what comes of it there. */
const row = z.strictObject({
  key: shapes.permissionKey,
  /** Null: nobody decided yet. It works as none, and is to be reviewed. */
  level: shapes.level.nullable(),
  /** The highest level that the accounts above leave, whatever is set here. */
  ceiling: shapes.level,
  /** Which of them hold it down to that: all of these. */
  ceilingBy: shapes.list(place),
  /** What is left at the account for its own owners: the lowest of all that, and bounded by its controller. */
  effective: shapes.level,
  /** Who set it and when; null: as the account was made, or set above the reader's reach. */
  by: setter.nullable(),
  at: shapes.instant.nullable(),
  /** Set for this account alone, since the last preset that it took. */
  local: z.boolean(),
});

const caps = z.strictObject({
  account: shapes.accountName,
  /** Null: a main account, which has no caps. */
  version: shapes.count.nullable(),
  rows: shapes.list(row),
  restricted: shapes.count,
  unreviewed: shapes.list(shapes.permissionKey),
  /** The preset that was taken last. */
  preset: presetTaken.nullable(),
  /** Who changed them last, which `permissions.undo` over `version` takes back; null: nobody did. Told to those above the account. */
  undo: z.strictObject({ by: z.string(), at: shapes.instant }).nullable(),
});

const counts = z.strictObject({ person: shapes.count, key: shapes.count, session: shapes.count });
/** Without a preview: the job of the account above that counts the same after the save, as the result of its one item. */
const counting = shapes.rowId.nullable();
/** Who loses or gains what. */
const effect = z.strictObject({
  accounts: z.strictObject({ checked: shapes.count, changed: shapes.count }),
  /** People, keys and embedded sessions that have another level of anything afterwards; each once for each account they are in. */
  holders: counts,
  rows: shapes.list(
    z.strictObject({ key: shapes.permissionKey, before: shapes.level, after: shapes.level, holders: counts }),
  ),
  /** At most 50 of the accounts in which somebody does. */
  sample: shapes.list(shapes.accountName),
});

/** Live streams that would be cut at once, at all servers of the deployment. */
const streams = z.strictObject({
  cut: shapes.count,
  /** False: a server didn't say in time how many of them are its own. */
  complete: z.boolean(),
});

/** Null: undecided. */
const change = z.strictObject({
  key: shapes.permissionKey,
  before: shapes.level.nullable(),
  after: shapes.level.nullable(),
});
/** What became of one account, or would. */
const result = z.strictObject({
  account: shapes.accountName,
  /** `taken`: no level is another, but it has them from the preset from then on. */
  outcome: z.enum(['changed', 'taken', 'kept', 'unchanged']),
  version: shapes.count,
  changes: shapes.list(change),
  /** Entries that stay although the preset says otherwise. */
  kept: shapes.list(shapes.permissionKey),
});

const line = z.strictObject({
  entry: z.enum(['role', 'cap', 'scope', 'session', 'transfer']),
  account: place,
  key: shapes.permissionKey,
  level: shapes.level,
  by: setter.nullable(),
  at: shapes.instant.nullable(),
  version: shapes.count.nullable(),
  decides: z.boolean(),
});
const explanation = z.strictObject({
  key: shapes.permissionKey,
  level: shapes.level,
  standings: shapes.list(
    z.strictObject({ account: place, role: shapes.role, level: shapes.level, lines: shapes.list(line) }),
  ),
});

const frame: z.core.$ZodType<PermissionsFrame> = z.strictObject({
  ...shapes.frameBounds,
  caps: shapes.list(
    z.strictObject({
      account: shapes.accountId,
      version: shapes.count,
      levels: z.partialRecord(shapes.permissionKey, shapes.level),
      ceiling: z.record(shapes.permissionKey, shapes.level),
    }),
  ),
});

export const permissions = {
  get: query({
    says: 'The caps of the account, what those above leave of them, and what comes of both.',
    needs: inAccount('account', 'limited', 'read', SCREENS),
    input: inputs.onlyAccount,
    output: caps,
  }),

  preview: query({
    says: 'Who would lose or gain what, in the account and below it, by other caps; nothing is saved.',
    needs: fromAbove('account.subaccounts', 'full', 'read', SCREENS),
    input: z.strictObject({ account: inputs.account, levels: wishedLevels }),
    output: effect.extend({
      streams,
      version: shapes.count,
      changes: shapes.list(change),
      /** Sent along with `set`, it is saved only as long as what was shown is so still. */
      preview: z.string(),
    }),
    refusals: ['CAPS_OF_ROOT', 'LEVEL_UNKNOWN'],
  }),

  set: mutation({
    says: 'Sets caps of the account over the version that was seen.',
    needs: fromAbove('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      levels: wishedLevels,
      expectedVersion: version,
      preview: z.string().max(2_000).optional(),
    }),
    output: z.strictObject({
      version: shapes.count,
      changes: shapes.list(change),
      /** As the preview counted; null: none was sent along. */
      effect: effect.omit({ rows: true, sample: true }).extend({ streams }).nullable(),
      counting,
    }),
    refusals: ['CAPS_OF_ROOT', 'LEVEL_UNKNOWN', 'VERSION_CONFLICT', 'PREVIEW_STALE'],
  }),

  undo: mutation({
    says: 'Takes back what was changed last of the account’s caps, a preset that was taken included, over the version that was seen.',
    needs: fromAbove('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, expectedVersion: version }),
    output: z.strictObject({ version: shapes.count, changes: shapes.list(change), counting }),
    refusals: ['CAPS_OF_ROOT', 'NOT_UNDOABLE', 'VERSION_CONFLICT'],
  }),

  explain: query({
    says: 'Why somebody has the levels that they have in the account: every entry, and which of them hold a level down.',
    needs: reach('read', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      /** One permission; without it, all. */
      permission: shapes.permissionKey.optional(),
      /** Somebody else, by their user id; needs Members: read. */
      user: inputs.id<UserId>('member').optional(),
      /** A key of the account; needs API Keys: read. */
      key: inputs.id<KeyId>('key').optional(),
      /** Whoever has this role in the account itself, whether anybody does or not; needs Account: limited. */
      role: shapes.role.optional(),
    }),
    output: z.strictObject({
      explanations: shapes.list(explanation),
      /** What stops work whatever the level is. */
      gates: shapes.list(z.strictObject({ gate: z.enum(['suspended', 'closed']), account: place })),
    }),
  }),

  compare: query({
    says: 'Of which permissions the caps of the account are others than those of another account, or of a preset.',
    needs: inAccount('account', 'limited', 'read', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      with: inputs.account.optional(),
      preset: inputs.id<RowId>('preset').optional(),
    }),
    output: z.strictObject({
      differences: shapes.list(
        z.strictObject({
          key: shapes.permissionKey,
          here: shapes.level.nullable(),
          there: shapes.level.nullable(),
        }),
      ),
    }),
  }),

  previewPreset: query({
    says: 'What a preset would make of up to 500 accounts below the account; nothing is saved.',
    needs: inAccount('account.subaccounts', 'full', 'read', SCREENS),
    input: z.strictObject({ account: inputs.account, ...preset, mode, accounts }),
    output: z.strictObject({ results: shapes.list(result) }),
  }),

  applyPreset: mutation({
    says: 'Gives a preset to up to 500 accounts below the account: all of them or none.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, ...preset, mode, accounts }),
    output: z.strictObject({ results: shapes.list(result) }),
  }),

  applyPresetMany: mutation({
    says: 'Gives a preset to many accounts below the account, each by itself, as a job that can be undone.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, ...preset, mode, accounts }),
    output: z.strictObject({ job: shapes.rowId }),
  }),

  review: mutation({
    says: 'Decides permissions that nobody decided yet, for up to 500 accounts below the account; touches no others.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, accounts, levels }),
    output: z.strictObject({ results: shapes.list(result) }),
    refusals: ['LEVEL_UNKNOWN'],
  }),

  reviewMany: mutation({
    says: 'Decides the same for many accounts, each by itself, as a job; undone, it is undecided again.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, accounts, levels }),
    output: z.strictObject({ job: shapes.rowId }),
    refusals: ['LEVEL_UNKNOWN'],
  }),

  live: subscription({
    says: 'The caps of the subaccounts, or of some of them, as they change, and what those above leave.',
    needs: inAccount('account.subaccounts', 'read', 'read', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      accounts: inputs.watched.optional(),
      lastEventId: inputs.lastEventId,
    }),
    output: frame,
  }),
};

const offered = z.strictObject({
  id: shapes.rowId,
  version: shapes.count,
  name: z.string(),
  levels: z.partialRecord(shapes.permissionKey, shapes.level),
  /** Whose it is. */
  from: place,
  savedBy: setter.nullable(),
  savedAt: shapes.instant.nullable(),
  /** Whether new subaccounts begin with it. */
  isDefault: z.boolean(),
});

export const presets = {
  list: query({
    says: 'The presets that are offered in the account: its own and those of accounts above it.',
    needs: inAccount('account.subaccounts', 'read', 'read', SCREENS),
    input: inputs.onlyAccount,
    output: z.strictObject({ presets: shapes.list(offered) }),
  }),

  takers: query({
    says: 'How many accounts of the subtree took each version of a preset, and how many of them have other levels by now.',
    needs: inAccount('account.subaccounts', 'read', 'read', SCREENS),
    input: z.strictObject({ account: inputs.account, preset: inputs.id<RowId>('preset') }),
    output: z.strictObject({
      /** The last version first. */
      versions: shapes.list(z.strictObject({ version: shapes.count, accounts: shapes.count, changed: shapes.count })),
    }),
  }),

  save: mutation({
    says: 'Saves a preset of the account, or another version of one; who took an earlier one keeps it.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({
      account: inputs.account,
      preset: inputs.id<RowId>('preset').optional(),
      /** Of a preset that is there: the version that was seen. */
      expectedVersion: version.optional(),
      name: inputs.name,
      levels,
    }),
    output: z.strictObject({ id: shapes.rowId, version: shapes.count }),
    refusals: ['NAME_INVALID', 'NAME_TAKEN', 'LEVEL_UNKNOWN', 'VERSION_CONFLICT'],
  }),

  remove: mutation({
    says: 'Removes a preset of the account; accounts that took it keep what it gave them.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, preset: inputs.id<RowId>('preset') }),
    output: shapes.done,
  }),

  restore: mutation({
    says: 'Brings a preset back that was removed within 30 days: its versions, who took it, and who begins with it.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, preset: inputs.id<RowId>('preset') }),
    output: z.strictObject({ id: shapes.rowId, version: shapes.count }),
    refusals: ['NAME_TAKEN'],
  }),

  setDefault: mutation({
    says: 'Says which preset new accounts below the account begin with; null: the one of the nearest account above, or none.',
    needs: inAccount('account.subaccounts', 'full', 'change', SCREENS),
    input: z.strictObject({ account: inputs.account, preset: inputs.id<RowId>('preset').nullable() }),
    output: shapes.done,
  }),
};

/** The caps of an account as they are shown. */
export type ShownCaps = AnswerOf<typeof permissions.get>;
/** Who loses or gains what by other caps. */
export type CapsPreview = AnswerOf<typeof permissions.preview>;
/** What became of the caps of one account. */
export type CapsResult = AnswerOf<typeof permissions.review>['results'][number];
/** A preset as it is offered. */
export type ShownPreset = AnswerOf<typeof presets.list>['presets'][number];
/** How many took which version of a preset, and changed something since. */
export type PresetTakers = AnswerOf<typeof presets.takers>['versions'];
/** A preset to be saved. */
export type PresetToSave = ParsedOf<typeof presets.save>;
