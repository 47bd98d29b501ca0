import { describe, expect, it } from 'vitest';
import { instantOf, MINUTE_MS } from '../time.ts';
import { visitEnd } from './visits.ts';

const at = (minutes: number) => instantOf(minutes * MINUTE_MS);
const end = (minutes: number, next: { kind: 'entered' | 'left'; at: number } | null, lastAct: number | null) =>
  visitEnd(
    { enteredAt: at(0), next: next && { ...next, at: at(next.at) }, lastActAt: lastAct === null ? null : at(lastAct) },
    minutes * MINUTE_MS,
  );

describe('a visit from above', () => {
  it('lasts until they say that they left, or come in anew', () => {
    expect(end(10, null, null)).toBeNull();
    expect(end(90, { kind: 'left', at: 20 }, 5)).toEqual({ by: 'left', at: at(20) });
    expect(end(90, { kind: 'entered', at: 20 }, 5)).toEqual({ by: 'entered', at: at(20) });
  });

  it('ends half an hour after the last that they did, where they don’t say so', () => {
    expect(end(40, null, 15)).toBeNull();
    expect(end(45, null, 15)).toEqual({ by: 'idle', at: at(45) });
    expect(end(500, { kind: 'left', at: 400 }, null)).toEqual({ by: 'idle', at: at(30) });
  });
});
