import type { Handlers } from '../guard/procedure.ts';
import { makePlan, retrySetUps, runPlan, undoApplications } from './plan-and-run.ts';
import {
  getBlueprint,
  getBlueprintProduct,
  listBlueprints,
  readApplied,
  readAppliedMany,
  readDrift,
} from './read-blueprints.ts';
import { removeBlueprint, renameBlueprint, saveBlueprint } from './save-blueprint.ts';
import { watchBlueprints } from './watch-blueprints.ts';

export const blueprints: Handlers<'blueprints'> = {
  list: async ({ ctx }) => ({ blueprints: await listBlueprints(ctx) }),

  get: async ({ ctx, input: { blueprint, version = null } }) => ({
    blueprint: await getBlueprint(ctx, blueprint, version),
  }),

  product: async ({ ctx, input: { blueprint, version = null, product } }) => ({
    product: await getBlueprintProduct(ctx, { blueprint, version, product }),
  }),

  save: ({ ctx, input }) => saveBlueprint(ctx, input),

  rename: async ({ ctx, input }) => {
    await renameBlueprint(ctx, input);
    return {};
  },

  remove: async ({ ctx, input: { blueprint } }) => {
    await removeBlueprint(ctx, blueprint);
    return {};
  },

  plan: ({ ctx, input }) => makePlan(ctx, input),

  run: async ({ ctx, input: { plan } }) => ({ job: await runPlan(ctx, plan) }),

  undo: async ({ ctx, input }) => ({ job: await undoApplications(ctx, input) }),

  retry: async ({ ctx, input }) => ({ job: await retrySetUps(ctx, input) }),

  drift: ({ ctx, input: { blueprint, drift = null, state = null, cursor, limit } }) =>
    readDrift(ctx, { blueprint, drift, state, cursor, limit }),

  applied: ({ ctx }) => readApplied(ctx),

  appliedMany: async ({ ctx, input: { accounts } }) => ({ applications: await readAppliedMany(ctx, accounts) }),

  live: ({ ctx, signal }) => watchBlueprints(ctx, signal),
};
