import { findLimitsToBegin, readAccountState, readLimits, writeLimit } from '@tenantree/db';
import { beginPeriod, limitKind, shownOf, shownTerms } from '@tenantree/domain';
import { SYSTEM } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';

const AT_ONCE = 500;

/** Lets reserves that were set from the present billing period on begin (rules/limits 7). Several servers may ask at once. */
export async function beginPeriods(hall: Pick<Hall, 'db' | 'clock' | 'change'>): Promise<void> {
  const due = await findLimitsToBegin(hall.db, nowOf(hall), AT_ONCE);
  for (const { root, account: id, kind: key } of due) {
    await hall.change(SYSTEM, { root, acting: root }, async ({ trx, now, happened, shows }) => {
      const state = await readAccountState(trx, id);
      const path = state?.path.map((one) => ({ id: one, name: '' })) ?? [];
      const chain = state && (await readLimits(trx, path, now)).get(key);
      const [before] = chain ?? [];
      // Somebody else has begun it meanwhile, or set it anew.
      if (!state || !chain || !before || before.nextReserve === before.reserve) return;
      const kind = limitKind(key);
      const begun = beginPeriod(chain);
      await writeLimit(trx, kind, begun, before.fired, now);
      const max = before.cap === null ? 'unlimited' : shownOf(kind, before.cap);
      const terms = {
        before: JSON.stringify(shownTerms(kind, before)),
        after: JSON.stringify(shownTerms(kind, begun[0]!)),
      };
      happened('limit.set', id, { kind: kind.stored, account: state.name, max, ...terms }, { id, name: state.name });
      shows(state.path);
    });
  }
}
