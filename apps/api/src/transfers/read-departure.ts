import type { Departure } from '@tenantree/contract';
import { findLeftAccount, readUsedUntilDeparture } from '@tenantree/db';
import { DAY_MS, instantOf, msOf, type RowId } from '@tenantree/domain';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { EACH_COUNTED, inUnitOf, shownMeter } from '../hall/plans.ts';
import { refuseWith } from '../hall/refused.ts';

/** An account that left from directly below another one, as that one is shown it. @throws Refused NOT_FOUND */
export const readDeparture = (
  hall: Hall,
  { id, name }: Pick<Access, 'id' | 'name'>,
  asked: RowId,
): Promise<Departure> =>
  hall.db.withTenant(
    id,
    async (trx) => {
      const found = await findLeftAccount(trx, id, asked);
      if (!found) return refuseWith('NOT_FOUND', 'No account that left is called so here.', 'departure');
      const { went: accounts, at, ...rest } = found;
      const used = await readUsedUntilDeparture(trx, found);
      return {
        ...rest,
        at,
        accounts,
        from: { id, name },
        used: EACH_COUNTED.flatMap(({ key, counted: { as } }) => {
          const of = used.find(({ counted }) => counted === as);
          return of ? [{ ...shownMeter(key), quantity: inUnitOf(key, of.quantity) }] : [];
        }),
        lateUntil: instantOf(msOf(at) + hall.settings.usageMaxAgeDays * DAY_MS),
      };
    },
    { snapshot: true },
  );
