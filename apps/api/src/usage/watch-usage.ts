import { resolveInSubtree } from '@tenantree/db';
import { type AccountId, parseAccountRef, type UsageFrame } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import type { Viewer } from '../live/ports.ts';
import { parseResumeId } from '../live/resume-id.ts';

type Watcher = Pick<Context, 'hall' | 'hub'> & {
  readonly access: Access;
  readonly viewer: () => Viewer;
};

/**
 * The minutes of an account's subtree, or of some accounts of it: current state first, then changes (product.md 5.4).
 *
 * @throws Refused NOT_FOUND when an account is not in the subtree
 */
export function watchUsage(
  ctx: Watcher,
  accounts: readonly string[] | undefined,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<UsageFrame>, void, undefined> {
  return ctx.hub.watchUsage(async () => {
    const only = accounts && (await resolveAll(ctx, accounts));
    return {
      account: ctx.access.id,
      viewer: ctx.viewer(),
      since: granted(parseResumeId(lastEventId)),
      ...(only && { only }),
    };
  }, signal);
}

async function resolveAll(ctx: Watcher, asked: readonly string[]): Promise<AccountId[]> {
  const refs = asked.map((text) => ({ text, ref: granted(parseAccountRef(text)) }));
  const ids = refs.flatMap(({ ref }) => (ref.kind === 'id' ? [ref.id] : []));
  const externalIds = refs.flatMap(({ ref }) => (ref.kind === 'external' ? [ref.externalId] : []));
  const found = await ctx.hall.db.withTenant(ctx.access.id, (trx) => resolveInSubtree(trx, ids, externalIds));
  return refs.map(({ text, ref }) => {
    const account = ref.kind === 'id' ? found.byId.get(ref.id) : found.byExternalId.get(ref.externalId);
    return account?.id ?? refuseWith('NOT_FOUND', `There is no account “${text}” that you can reach.`, 'accounts');
  });
}
