import { billingPeriodOf, DAY_MS, instantOf } from '@tenantree/domain';
import { useSyncExternalStore } from 'react';

const today = (): number => Math.floor(Date.now() / DAY_MS) * DAY_MS;

/** Says each time that another day has begun. */
function onNextDay(turn: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        turn();
        wait();
      },
      today() + DAY_MS - Date.now(),
    );
  };
  wait();
  return () => clearTimeout(timer);
}

/** When the present day began (UTC milliseconds since 1970), by the clock of this machine: a page that stays open goes on to the next one. */
export const useToday = (): number => useSyncExternalStore(onNextDay, today);

/** The key of the billing period that runs, by the clock of this machine: a page that stays open goes on to the next one. */
export const useRunningPeriod = (): string => billingPeriodOf(instantOf(useToday())).key;

/** Soonest and latest that something is asked about again because time passed, in milliseconds. */
const [SOONEST_MS, LATEST_MS] = [1_000, 3_600_000];

/**
 * How long until one asks again because of an instant at which what is shown becomes another, at most an hour (ms); false when there is none.
 * Where the server's clock is behind, it is asked in steps that double.
 */
export const untilTurn = (turn: string | null): number | false =>
  turn !== null && Math.min(LATEST_MS, Math.max(SOONEST_MS, Math.abs(Date.parse(turn) - Date.now())));
