import type { Handlers } from '../guard/procedure.ts';
import { applyPreset, previewPreset, reviewCaps, setCaps, undoCaps } from './change-caps.ts';
import { explainLevels } from './explain-levels.ts';
import { applyPresetToMany, reviewMany } from './many-jobs.ts';
import { watchPermissions } from './permissions-channel.ts';
import { listPresets, removePreset, restorePreset, savePreset, setDefaultPreset, takersOf } from './presets.ts';
import { previewChange } from './preview-caps.ts';
import { compareCaps, getCaps } from './read-caps.ts';

export const permissions: Handlers<'permissions'> = {
  get: ({ ctx }) => getCaps(ctx.hall, ctx.access),

  preview: ({ ctx: { hall, hub, access }, input }) =>
    previewChange(hall, access.id, input.levels, (supposed) => hub.countCuts(supposed)),

  set: ({ ctx, input }) => setCaps(ctx.hall, ctx.caller, ctx.access, input),

  undo: ({ ctx, input }) => undoCaps(ctx.hall, ctx.caller, ctx.access, input.expectedVersion),

  explain: ({ ctx, input }) => explainLevels(ctx.hall, ctx.actor, ctx.access, input),

  compare: async ({ ctx, input }) => ({ differences: await compareCaps(ctx.hall, ctx.actor, ctx.access, input) }),

  previewPreset: async ({ ctx, input }) => ({ results: await previewPreset(ctx.hall, ctx.access, input) }),

  applyPreset: async ({ ctx, input }) => ({ results: await applyPreset(ctx.hall, ctx.caller, ctx.access, input) }),

  applyPresetMany: ({ ctx, input }) => applyPresetToMany(ctx.hall, ctx.caller, ctx.access, input),

  reviewMany: ({ ctx, input }) => reviewMany(ctx.hall, ctx.caller, ctx.access, input),

  review: async ({ ctx, input }) => ({ results: await reviewCaps(ctx.hall, ctx.caller, ctx.access, input) }),

  live: ({ ctx, input, signal }) => watchPermissions(ctx, input.accounts, input.lastEventId, signal),
};

export const presets: Handlers<'presets'> = {
  list: async ({ ctx }) => ({ presets: await listPresets(ctx.hall, ctx.access) }),

  takers: async ({ ctx, input }) => ({ versions: await takersOf(ctx.hall, ctx.access, input.preset) }),

  save: ({ ctx, input }) => savePreset(ctx.hall, ctx.caller, ctx.access, input),

  remove: async ({ ctx, input }) => {
    await removePreset(ctx.hall, ctx.caller, ctx.access, input.preset);
    return {};
  },

  restore: ({ ctx, input }) => restorePreset(ctx.hall, ctx.caller, ctx.access, input.preset),

  setDefault: async ({ ctx, input }) => {
    await setDefaultPreset(ctx.hall, ctx.caller, ctx.access, input.preset);
    return {};
  },
};
