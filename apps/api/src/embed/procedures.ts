import { grantEmbed } from '@tenantree/domain';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import { refuseWith } from '../hall/refused.ts';
import { originsOf, setOrigins } from './origins.ts';
import { createSession, type Ending, endSessions, listSessions } from './sessions.ts';

export const embed: Handlers<'embed'> = {
  createToken: ({ ctx, input: { origin: one, origins: some, ttlSeconds, userRef, ...wish } }) => {
    if (one !== undefined && some !== undefined)
      refuseWith('BAD_REQUEST', 'Give origin or origins, not both.', 'origins');
    const asked = some ?? (one === undefined ? null : [one]);
    const input = { origins: asked, grant: grantEmbed(wish), userRef, ttlSeconds };
    return createSession(ctx.hall, ctx.caller, ctx.actor, ctx.access, input);
  },

  list: async ({ ctx: { hall, access }, input: { userRef = null, cursor, limit } }) => {
    const place = `embed:${access.id}:${userRef}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    const found = await listSessions(hall, access.id, { userRef, before, limit: limit + 1 });
    const rows = found.slice(0, limit);
    const last = found.length > limit ? rows.at(-1) : undefined;
    return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
  },

  revoke: async ({ ctx, input: { id, userRef, key } }) => {
    const named: Ending[] = [
      ...(id === undefined ? [] : [{ id }]),
      ...(userRef === undefined ? [] : [{ userRef }]),
      ...(key === undefined ? [] : [{ key }]),
    ];
    const [which] = named;
    if (which === undefined || named.length > 1)
      refuseWith('BAD_REQUEST', 'Name one of these: the id of a session, a userRef, a key.', 'id');
    return { ended: await endSessions(ctx.hall, ctx.caller, ctx.access, which) };
  },

  origins: ({ ctx }) => originsOf(ctx.hall, ctx.access),

  setOrigins: ({ ctx, input }) => setOrigins(ctx.hall, ctx.caller, ctx.access, input.origins),
};
