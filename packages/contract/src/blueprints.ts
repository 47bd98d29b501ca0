import {
  AT_LIMIT,
  BLUEPRINT_SECTIONS,
  DRIFT_STATES,
  type RowId,
  SECTION_MODES,
  SET_UP_STATES,
} from '@tenantree/domain';
import { CLASH_ANSWERS, PRODUCT_KINDS, type ProductKindKey, VARIABLE_TYPES } from '@tenantree/domain/products';
import { z } from 'zod';
import { planned } from './imports.ts';
import * as inputs from './inputs.ts';
import { limitKind } from './limits.ts';
import { levels } from './permissions.ts';
import {
  type AnswerOf,
  inAccount,
  mutation,
  type ParsedOf,
  PEOPLE_AND_KEYS,
  query,
  subscription,
} from './procedure.ts';
import * as shapes from './shapes.ts';

/** Accounts that one call names. */
const MOST_TARGETS = 500;
const MOST_PRODUCTS = 100;
const MOST_VARIABLES = 50;
const MOST = 1_000_000_000;

const section = z.enum(BLUEPRINT_SECTIONS);
const drift = z.enum(DRIFT_STATES);
const setUpState = z.enum(SET_UP_STATES);
const mode = z.enum(SECTION_MODES);
const version = z.number().int().min(1).max(2_147_483_647);
const blueprint = inputs.id<RowId>('blueprint');
const kind = z.enum(PRODUCT_KINDS.map((one) => one.kind) as [ProductKindKey, ...ProductKindKey[]]);
const whole = z.number().int().min(0).max(MOST);
const answer = z.enum(CLASH_ANSWERS);

/** Values of variables by key; of secret ones too, which nobody reads again. */
const values = z.record(z.string().max(64), z.string().max(4_000)).meta({ examples: [{ company: 'Acme Dental' }] });

const terms = z.strictObject({
  /** Null: unlimited. */
  max: whole.nullable(),
  /** What of it is kept for the account, of what those above it have; without, what is kept stays as it is. */
  reserve: whole.optional(),
  atLimit: z.enum(AT_LIMIT).default('block'),
  /** Percent of the maximum; without, the usual ones, and of what is unlimited none. */
  thresholds: z.array(z.number()).max(20).optional(),
});
const shownTerms = z.strictObject({
  max: shapes.count.nullable(),
  reserve: shapes.count.optional(),
  atLimit: z.enum(AT_LIMIT),
  thresholds: shapes.list(z.number()),
});
const limits = z.partialRecord(limitKind, terms);

const variable = {
  key: inputs.text(1, 64),
  label: inputs.line(200),
  type: z.enum(VARIABLE_TYPES).default('text'),
  required: z.boolean().default(true),
  secret: z.boolean().default(false),
};

/** What is to be in a version: what isn't named a blueprint doesn't set up. */
const content = {
  caps: z
    .strictObject({
      /** A preset that is offered in the account: its levels are kept, whatever becomes of it. */
      preset: z.strictObject({ id: inputs.id<RowId>('preset'), version: version.optional() }).optional(),
      /** Or levels; beside a preset, other ones than its own. */
      levels: levels.optional(),
    })
    .optional(),
  limits: limits.optional(),
  priceBook: z
    .strictObject({
      book: inputs.id<RowId>('book'),
      version: version.optional(),
      /** Of new accounts; those that there are have it from the next billing period on. */
      from: z.enum(['now', 'nextPeriod']).default('nextPeriod'),
    })
    .optional(),
  products: z
    .array(
      z.strictObject({
        product: inputs.id<RowId>('product'),
        /** Of a kind that has parts: which; without, all. */
        parts: z.array(z.string().max(64)).min(1).max(20).optional(),
        /** What becomes of what another product of an account is called, too, when nobody says so then. */
        answer: answer.optional(),
      }),
    )
    .min(1)
    .max(MOST_PRODUCTS)
    .optional(),
  variables: z
    .array(
      z.strictObject({
        ...variable,
        at: z
          .array(z.strictObject({ product: shapes.rowId, place: z.string().max(500) }))
          .min(1)
          .max(100),
      }),
    )
    .max(MOST_VARIABLES)
    .default([]),
};

const from = z.strictObject({ id: shapes.accountId.nullable(), name: z.string() });
const savedBy = z.strictObject({ id: z.string().nullable(), name: z.string() }).nullable();
const shownVariable = z.strictObject({ ...variable, label: z.string(), key: z.string() });

const offered = z.strictObject({
  id: shapes.rowId,
  version: shapes.count,
  name: z.string(),
  /** The account that it belongs to; of one above those that the caller reaches neither id nor name. */
  from,
  sections: shapes.list(section),
  variables: shapes.list(shownVariable),
  /** Null where the caller doesn’t reach the account that it belongs to. */
  savedBy,
  savedAt: shapes.instant.nullable(),
});

const shown = offered.extend({
  newest: shapes.count,
  caps: z
    .strictObject({
      preset: z.strictObject({ id: shapes.rowId, version: shapes.count }).nullable(),
      levels: z.partialRecord(shapes.permissionKey, shapes.level),
    })
    .nullable(),
  limits: z.partialRecord(limitKind, shownTerms).nullable(),
  priceBook: z
    .strictObject({ book: shapes.rowId, name: z.string(), version: shapes.count, from: z.enum(['now', 'nextPeriod']) })
    .nullable(),
  /** With all that they need; the document of each is told by `blueprints.product`. */
  products: shapes
    .list(
      z.strictObject({
        product: shapes.rowId,
        kind,
        name: z.string(),
        version: shapes.count,
        parts: shapes.list(z.string()).nullable(),
        /** False: it comes along because another one needs it. */
        chosen: z.boolean(),
        answer: answer.nullable(),
      }),
    )
    .nullable(),
  /** Where variables stand. */
  places: shapes.list(z.strictObject({ key: z.string(), product: shapes.rowId, place: z.string() })),
  /** Newest first; none where the caller doesn’t reach the account that it belongs to. */
  versions: shapes.list(z.strictObject({ version: shapes.count, savedBy, savedAt: shapes.instant })),
});

const row = z.strictObject({
  /** A permission or a kind of limit. */
  key: z.string(),
  before: shapes.json.nullable(),
  after: shapes.json.nullable(),
});
/** What becomes of the rows of a section. */
const rows = z.strictObject({
  changes: shapes.list(row),
  /** What stays although the blueprint says otherwise. */
  kept: shapes.list(z.string()),
});
const bookVersion = z.strictObject({ id: shapes.rowId, version: shapes.count });

const target = z.strictObject({
  account: shapes.accountName,
  /** Why nothing can be done there now. */
  refusal: shapes.refusal.nullable(),
  caps: rows.nullable(),
  limits: rows.nullable(),
  priceBook: z
    .strictObject({
      before: bookVersion.nullable(),
      after: bookVersion.nullable(),
      /** It stays: it was changed here. */
      kept: z.boolean(),
      /** Another account sells to this one: a price book is left out. */
      leftOut: z.boolean(),
    })
    .nullable(),
  products: planned.omit({ account: true, refusal: true }).nullable(),
});

const driftRow = z.strictObject({
  account: shapes.accountName,
  version: shapes.count,
  state: setUpState,
  /** Null: the blueprint says nothing of it there. */
  sections: z.strictObject({
    caps: drift.nullable(),
    limits: drift.nullable(),
    priceBook: drift.nullable(),
    products: drift.nullable(),
  }),
  drift,
});

const read = inAccount('account.subaccounts', 'read', 'read', PEOPLE_AND_KEYS);
const change = inAccount('account.subaccounts', 'full', 'change', PEOPLE_AND_KEYS);

export const blueprints = {
  list: query({
    says: 'The blueprints that are offered in the account: its own and those of accounts above it.',
    needs: read,
    input: inputs.onlyAccount,
    output: z.strictObject({ blueprints: shapes.list(offered) }),
  }),

  get: query({
    says: 'A blueprint in one of its versions: what it sets up, and what it asks for.',
    needs: change,
    input: z.strictObject({ account: inputs.account, blueprint, version: version.optional() }),
    output: z.strictObject({ blueprint: shown }),
  }),

  product: query({
    says: 'A product of a version of a blueprint, with its document as it was when that was saved.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      blueprint,
      version: version.optional(),
      product: inputs.id<RowId>('product'),
    }),
    output: z.strictObject({
      product: z.strictObject({
        product: shapes.rowId,
        kind,
        name: z.string(),
        version: shapes.count,
        parts: shapes.list(z.string()).nullable(),
        /** Of the parts that come along those that the caller may read; the ids are those of the account that it belongs to. */
        document: z.record(z.string(), shapes.json),
        /** Where it has secrets: their values are in no version. */
        secrets: shapes.list(z.string()),
      }),
    }),
  }),

  save: mutation({
    says: 'Saves a blueprint of the account, or another version of one; accounts that were set up stay as they are.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      /** Absent: a new blueprint. */
      blueprint: blueprint.optional(),
      /** Of a blueprint that is there: the newest version that was seen. */
      expectedVersion: version.optional(),
      /** Of a blueprint that is there it may be absent: it stays as it is called. */
      name: inputs.name.optional(),
      ...content,
    }),
    output: z.strictObject({ id: shapes.rowId, version: shapes.count }),
    refusals: [
      'NAME_INVALID',
      'NAME_TAKEN',
      'LEVEL_UNKNOWN',
      'LIMIT_INVALID',
      'BLUEPRINT_INVALID',
      'VARIABLE_INVALID',
      'VERSION_CONFLICT',
    ],
  }),

  rename: mutation({
    says: 'Calls a blueprint of the account something else, in all its versions.',
    needs: change,
    input: z.strictObject({ account: inputs.account, blueprint, name: inputs.name }),
    output: shapes.done,
    refusals: ['NAME_INVALID', 'NAME_TAKEN'],
  }),

  remove: mutation({
    says: 'Removes a blueprint of the account; what it set up stays, and is compared with nothing any more.',
    needs: change,
    input: z.strictObject({ account: inputs.account, blueprint }),
    output: shapes.done,
  }),

  plan: mutation({
    says: 'Shows what setting accounts below up with a blueprint, or bringing them in line with it, would do; nothing is done yet.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      blueprint,
      /** Absent: the newest, which accounts are always brought in line with. */
      version: version.optional(),
      targets: z.array(inputs.account).min(1).max(MOST_TARGETS),
      /** `apply`: the whole version. `line`: only what it changed since, where nothing was changed here. */
      how: z.enum(['apply', 'line']).default('apply'),
      variables: values.default({}),
      caps: mode.default('replace'),
      limits: mode.default('replace'),
      /** What becomes of what another product of an account is called, too; without, as the blueprint says. */
      answers: z
        .array(z.strictObject({ product: shapes.rowId, as: answer }))
        .max(MOST_PRODUCTS * 2)
        .default([]),
    }),
    output: z.strictObject({
      plan: shapes.rowId,
      /** It can be run: something can be done, and every clash is answered. */
      ready: z.boolean(),
      version: shapes.count,
      targets: shapes.list(target),
    }),
    refusals: ['VARIABLE_INVALID'],
  }),

  run: mutation({
    says: 'Does what a plan showed, as a job, each account at once or not at all; a plan is run once.',
    needs: change,
    input: z.strictObject({ account: inputs.account, plan: inputs.id<RowId>('plan') }),
    output: z.strictObject({ job: shapes.rowId }),
    refusals: ['PLAN_STALE'],
  }),

  undo: mutation({
    says: 'Takes the last that a blueprint did to accounts back, as a job: each section that is as it was set up.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      blueprint,
      targets: z.array(inputs.account).min(1).max(MOST_TARGETS),
    }),
    output: z.strictObject({ job: shapes.rowId }),
    refusals: ['NOT_UNDOABLE'],
  }),

  retry: mutation({
    says: 'Goes on with setting accounts up that are incomplete, as a job: what is there already is not made again.',
    needs: change,
    input: z.strictObject({
      account: inputs.account,
      blueprint,
      targets: z.array(inputs.account).min(1).max(MOST_TARGETS),
      /** Of secret ones, which nobody kept; without them products wait for their secrets. */
      variables: values.default({}),
    }),
    output: z.strictObject({ job: shapes.rowId }),
    refusals: ['ALREADY_IN_STATE', 'VARIABLE_INVALID'],
  }),

  drift: query({
    says: 'How the accounts of the subtree stand to the blueprint that set them up: how many, and a page of them.',
    needs: read,
    input: z.strictObject({
      account: inputs.account,
      blueprint,
      /** Only those that stand so. */
      drift: drift.optional(),
      /** Only those that are so far. */
      state: setUpState.optional(),
      cursor: inputs.cursor,
      limit: inputs.limit(500),
    }),
    output: shapes.pageOf(driftRow).extend({
      total: shapes.count,
      counts: z.strictObject({
        as_set_up: shapes.count,
        changed_here: shapes.count,
        newer_available: shapes.count,
        both: shapes.count,
        same_by_hand: shapes.count,
      }),
      beingSetUp: shapes.count,
      incomplete: shapes.count,
    }),
  }),

  applied: query({
    says: 'What the account was set up from, and how it stands to that.',
    needs: inAccount('account', 'limited', 'read', PEOPLE_AND_KEYS),
    input: inputs.onlyAccount,
    output: z.strictObject({
      applications: shapes.list(
        z.strictObject({
          /** Null: it is of an account above those that the caller reaches. */
          blueprint: z.strictObject({ id: shapes.rowId, name: z.string() }).nullable(),
          from,
          version: shapes.count,
          at: shapes.instant,
          state: setUpState,
          /** Why it is incomplete. */
          fault: shapes.refusal.nullable(),
          sections: driftRow.shape.sections,
          drift,
        }),
      ),
    }),
  }),

  appliedMany: query({
    says: 'What some accounts of the subtree were set up from, and how each stands to that.',
    needs: read,
    input: z.strictObject({ account: inputs.account, accounts: inputs.watched }),
    output: z.strictObject({
      /** One for each blueprint that set one of them up; of an account that none did there is none. */
      applications: shapes.list(
        z.strictObject({
          account: shapes.accountId,
          /** Null: it is of an account above those that the caller reaches. */
          blueprint: z.strictObject({ id: shapes.rowId, name: z.string() }).nullable(),
          version: shapes.count,
          state: setUpState,
          drift,
        }),
      ),
    }),
  }),

  live: subscription({
    says: 'That something was changed in the tree by which accounts may stand otherwise to blueprints, now and then.',
    needs: read,
    input: inputs.onlyAccount,
    output: z.strictObject({ version: shapes.count }),
  }),
};

/** A blueprint as it is offered. */
export type OfferedBlueprint = AnswerOf<typeof blueprints.list>['blueprints'][number];
/** A version of one with all that it sets up. */
export type ShownBlueprint = AnswerOf<typeof blueprints.get>['blueprint'];
/** A product in a version of one. */
export type BlueprintDocument = AnswerOf<typeof blueprints.product>['product'];
/** A version to be saved. */
export type BlueprintToSave = ParsedOf<typeof blueprints.save>;
/** What is to be planned. */
export type BlueprintWish = ParsedOf<typeof blueprints.plan>;
/** What a blueprint would do. */
export type BlueprintPlan = AnswerOf<typeof blueprints.plan>;
/** What it would do to one account. */
export type BlueprintTarget = BlueprintPlan['targets'][number];
/** A blueprint that set one of some accounts up, and how the account stands to it. */
export type AppliedBlueprint = AnswerOf<typeof blueprints.appliedMany>['applications'][number];
/** How accounts stand to one. */
export type BlueprintDrift = AnswerOf<typeof blueprints.drift>;
