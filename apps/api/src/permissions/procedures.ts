import type { AccountId } from '@tenantree/domain';
import { z } from 'zod';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import { applyPreset, previewPreset, reviewCaps, setCaps } from './change-caps.ts';
import { explainLevels } from './explain-levels.ts';
import { watchPermissions } from './permissions-channel.ts';
import { listPresets, removePreset, savePreset, setDefaultPreset } from './presets.ts';
import { previewChange } from './preview-caps.ts';
import { compareCaps, getCaps, listCapped } from './read-caps.ts';

const accountPlace = z.string().transform((text) => text as AccountId);

export const permissions: Handlers<'permissions'> = {
  get: ({ ctx }) => getCaps(ctx.hall, ctx.access),

  accounts: async ({ ctx: { hall, access }, input }) => {
    const kind = `capped:${access.id}:${input.caps}`;
    const after = readCursor(hall.settings.secret, kind, accountPlace, input.cursor);
    const found = await listCapped(hall, access, { filter: input.caps, after, limit: input.limit + 1 });
    const rows = found.slice(0, input.limit);
    const last = found.length > input.limit ? rows.at(-1) : undefined;
    return { rows, nextCursor: last ? writeCursor(hall.settings.secret, kind, last.id) : null };
  },

  preview: ({ ctx, input }) => previewChange(ctx.hall, ctx.access.id, input.levels),

  set: ({ ctx, input }) => setCaps(ctx.hall, ctx.caller, ctx.access, input),

  explain: ({ ctx, input }) => explainLevels(ctx.hall, ctx.actor, ctx.access, input),

  compare: async ({ ctx, input }) => ({ differences: await compareCaps(ctx.hall, ctx.actor, ctx.access, input) }),

  previewPreset: async ({ ctx, input }) => ({ results: await previewPreset(ctx.hall, ctx.access, input) }),

  applyPreset: async ({ ctx, input }) => ({ results: await applyPreset(ctx.hall, ctx.caller, ctx.access, input) }),

  review: async ({ ctx, input }) => ({ results: await reviewCaps(ctx.hall, ctx.caller, ctx.access, input) }),

  live: ({ ctx, input, signal }) => watchPermissions(ctx, input.accounts, input.lastEventId, signal),
};

export const presets: Handlers<'presets'> = {
  list: async ({ ctx }) => ({ presets: await listPresets(ctx.hall, ctx.access) }),

  save: ({ ctx, input }) => savePreset(ctx.hall, ctx.caller, ctx.access, input),

  remove: async ({ ctx, input }) => {
    await removePreset(ctx.hall, ctx.caller, ctx.access, input.preset);
    return {};
  },

  setDefault: async ({ ctx, input }) => {
    await setDefaultPreset(ctx.hall, ctx.caller, ctx.access, input.preset);
    return {};
  },
};
