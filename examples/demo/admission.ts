import type { Tenantree } from '@tenantree/client';
import { refusalOf } from '@tenantree/client';
import type { Call } from './calls-file.ts';
import type { DemoEvent } from './placing.ts';
import type { Persist } from './reseller.ts';

/** Calls that are asked for at one time; what ends among them is free for those after them. */
const AT_ONCE = 100;
/** Longer than any demo needs for one call: if it is killed, its slots are free after that. */
const LEASE_SECONDS = 600;

/** Who is let through, as a switchboard asks before a call begins. */
export type Admission = {
  /** Of the next calls of the month those that are admitted; each holds a slot until it ends. */
  admit(events: readonly DemoEvent[]): Promise<DemoEvent[]>;
  /** Calls that were refused so far, and the seconds that they would have taken. */
  refused(): { readonly calls: number; readonly seconds: number };
  /** Gives back whatever is still held. */
  end(): Promise<void>;
};

/** What of a client is needed to be admitted. */
type Asks = Pick<Tenantree['trpc']['limits'], 'acquire' | 'release'>;

/**
 * Asks for a slot for each call, in the order of the month: before it begins those calls give theirs back that have ended by then.
 *
 * @param calls of the month, in the order of their events
 */
export function createAdmission(limits: Asks, calls: readonly Call[], persist: Persist): Admission {
  let at = 0;
  const refused = { calls: 0, seconds: 0 };
  /** Slots that are held, and when in the month their calls end. */
  let held: { readonly account: string; readonly key: string; readonly endsMs: number }[] = [];

  const release = async (untilMs: number): Promise<void> => {
    const ended = held.filter(({ endsMs }) => endsMs <= untilMs);
    held = held.filter(({ endsMs }) => endsMs > untilMs);
    await Promise.all(
      ended.map(({ account, key }) => persist(() => limits.release.mutate({ account, kind: 'calls', key }))),
    );
  };

  /** Whether there is a slot. A refusal is an answer; anything else is tried again, with the same key. */
  const acquire = (account: string, key: string): Promise<boolean> =>
    persist(async () => {
      try {
        await limits.acquire.mutate({ account, kind: 'calls', want: '1', key, leaseSeconds: LEASE_SECONDS });
        return true;
      } catch (error) {
        if (refusalOf(error).code === 'LIMIT_REACHED') return false;
        throw error;
      }
    });

  const admitSome = async (events: readonly DemoEvent[]): Promise<DemoEvent[]> => {
    const mine = calls.slice(at, at + events.length);
    at += events.length;
    await release(mine[0]?.enteredMs ?? 0);
    const answers = await Promise.all(events.map(({ account, idempotencyKey }) => acquire(account, idempotencyKey)));
    return events.filter((event, index) => {
      const { enteredMs, seconds } = mine[index]!;
      if (answers[index]) {
        held.push({ account: event.account, key: event.idempotencyKey, endsMs: enteredMs + seconds * 1_000 });
        return true;
      }
      refused.calls += 1;
      refused.seconds += seconds;
      return false;
    });
  };

  return {
    admit: async (events) => {
      const admitted: DemoEvent[] = [];
      for (let from = 0; from < events.length; from += AT_ONCE)
        admitted.push(...(await admitSome(events.slice(from, from + AT_ONCE))));
      return admitted;
    },
    refused: () => ({ ...refused }),
    end: () => release(Number.POSITIVE_INFINITY),
  };
}
