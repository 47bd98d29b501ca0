import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import type { Instant } from '../time.ts';
import { whatIf } from './what-if.ts';

const used = (account: string, at: string, quantity: bigint) => ({
  account: account as AccountId,
  at: `2026-10-${at}T00:00:00.000Z` as Instant,
  quantity,
});

describe('What a maximum would have stopped (rules/limits 15)', () => {
  it('is whoever wanted more than was free then; what is refused is not used', () => {
    const events = [used('A', '01', 6n), used('B', '02', 5n), used('A', '03', 4n), used('B', '04', 1n)];
    expect(whatIf(events, 10n)).toEqual({
      used: 10n,
      stopped: [
        { account: 'B', at: '2026-10-02T00:00:00.000Z', wanted: 5n, free: 4n },
        { account: 'B', at: '2026-10-04T00:00:00.000Z', wanted: 1n, free: 0n },
      ],
    });
    expect(whatIf(events, 16n).stopped).toEqual([]);
  });
});
