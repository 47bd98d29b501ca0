import { EMBED_FEATURES, grantEmbed, type KeyId, MOST_ORIGINS } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, router } from '../guard/procedure.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import * as inputs from '../hall/inputs.ts';
import { refuseWith } from '../hall/refused.ts';
import { originsOf, setOrigins } from './origins.ts';
import { createSession, type Ending, endSessions, listSessions } from './sessions.ts';

const origin = inputs.text(1, 300);
const origins = z.array(origin).max(MOST_ORIGINS);
const userRef = inputs.line(200);
const onlyAccount = z.strictObject({ account: inputs.account });

export const embedRouter = router({
  createToken: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        /** Short for a list of one. */
        origin: origin.optional(),
        origins: origins.min(1).optional(),
        access: z.enum(['read', 'full']).optional(),
        features: z.array(z.enum(EMBED_FEATURES)).min(1).max(EMBED_FEATURES.length).optional(),
        userRef,
        ttlSeconds: z.number().int().min(60).max(3_600).default(900),
      }),
    )
    .mutation(({ ctx, input: { origin: one, origins: some, ttlSeconds, userRef: user, ...wish } }) => {
      if (ctx.actor.kind !== 'key') refuseWith('FORBIDDEN', 'Embed tokens are made with an API key, by your backend.');
      if (one !== undefined && some !== undefined)
        refuseWith('BAD_REQUEST', 'Give origin or origins, not both.', 'origins');
      const asked = some ?? (one === undefined ? null : [one]);
      const input = { origins: asked, grant: grantEmbed(wish), userRef: user, ttlSeconds };
      return createSession(ctx.hall, ctx.caller, ctx.actor, ctx.access, input);
    }),

  list: accountProcedure
    .input(onlyAccount.extend({ userRef: userRef.optional(), cursor: inputs.cursor, limit: inputs.limit(200) }))
    .query(async ({ ctx: { hall, access }, input: { userRef: user = null, cursor, limit } }) => {
      const place = `embed:${access.id}:${user}`;
      const before = readCursor(hall.settings.secret, place, inputs.rowId, cursor);
      const found = await listSessions(hall, access.id, { userRef: user, before, limit: limit + 1 });
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
    }),

  revoke: accountProcedure
    .input(
      onlyAccount.extend({ id: inputs.rowId.optional(), userRef: userRef.optional(), key: inputs.rowId.optional() }),
    )
    .mutation(async ({ ctx, input: { id, userRef: user, key } }) => {
      const named: Ending[] = [
        ...(id === undefined ? [] : [{ id }]),
        ...(user === undefined ? [] : [{ userRef: user }]),
        ...(key === undefined ? [] : [{ key: key as string as KeyId }]),
      ];
      const [which] = named;
      if (which === undefined || named.length > 1)
        refuseWith('BAD_REQUEST', 'Name one of these: the id of a session, a userRef, a key.', 'id');
      return { ended: await endSessions(ctx.hall, ctx.caller, ctx.access, which) };
    }),

  origins: accountProcedure.input(onlyAccount).query(({ ctx }) => originsOf(ctx.hall, ctx.access)),

  setOrigins: accountProcedure
    .input(onlyAccount.extend({ origins: origins.nullable() }))
    .mutation(async ({ ctx, input }) => {
      await setOrigins(ctx.hall, ctx.caller, ctx.access, input.origins);
      return originsOf(ctx.hall, ctx.access);
    }),
});
