import { describe, expect, it } from 'vitest';
import type { RowId } from '../ids.ts';
import { instantOf } from '../time.ts';
import {
  afterChange,
  type CapChange,
  type Caps,
  capOutcome,
  capsBefore,
  changesCaps,
  compareLevels,
  decideLevels,
  decideVersion,
  lastChange,
  restrictedIn,
  unreviewedIn,
} from './caps.ts';
import { HIGHEST, type SomeLevels } from './levels.ts';

const BY = { by: { id: 'u', name: 'Olivia' }, at: instantOf(7) };
const V1 = { id: 'p' as RowId, version: 1 };
const V2 = { id: 'p' as RowId, version: 2 };
const caps = (levels: SomeLevels = {}): Caps => ({
  version: 0,
  levels: { ...HIGHEST, ...levels },
  marks: {},
  preset: null,
});
const set = (levels: SomeLevels): CapChange => ({ kind: 'set', levels });
const preset = (mode: 'replace' | 'lower' | 'keepLocal', levels: SomeLevels, ref = V1): CapChange => ({
  kind: 'preset',
  preset: ref,
  levels,
  mode,
});

describe('caps', () => {
  it('that are set remember who set which and when, with a version of their own', () => {
    const first = afterChange(caps(), set({ tasks: 'read', agents: 'full' }), BY);
    expect(first.version).toBe(1);
    expect(first.levels.tasks).toBe('read');
    expect(first.marks).toEqual({ tasks: { ...BY, version: 1, local: true } });
    expect(restrictedIn(first.levels)).toEqual(['tasks']);
    expect(restrictedIn(HIGHEST)).toEqual([]);
  });

  it('that nobody decided are unreviewed, work as none, and are decided by a review, which touches nothing else', () => {
    const { 'account.schedules': _, ...older } = HIGHEST;
    const state: Caps = { ...caps(), levels: { ...older, tasks: 'none' } };
    expect(unreviewedIn(state.levels)).toEqual(['account.schedules']);
    expect(restrictedIn(state.levels)).toEqual(['tasks', 'account.schedules']);
    const after = afterChange(state, { kind: 'review', levels: HIGHEST }, BY);
    expect(unreviewedIn(after.levels)).toEqual([]);
    expect(after.levels).toEqual({ ...HIGHEST, tasks: 'none' });
  });

  it('are replaced by a preset, as far as it names them', () => {
    const change = preset('replace', { tasks: 'none', campaigns: 'read' });
    const local = afterChange(caps(), set({ tasks: 'read', telephony: 'read' }), BY);
    const after = afterChange(local, change, BY);
    expect(after.levels).toMatchObject({ tasks: 'none', campaigns: 'read', telephony: 'read' });
    expect(after.preset).toEqual(V1);
    expect(changesCaps(after, capOutcome(after, change))).toBe(false);
  });

  it('are only lowered by a preset, where that is asked for', () => {
    const change = preset('lower', { tasks: 'full', campaigns: 'none', agents: 'read' });
    const state = caps({ tasks: 'read', campaigns: 'none' });
    expect(capOutcome(state, change)).toMatchObject({ changed: { agents: 'read' }, kept: ['tasks'] });
  });

  it('stay where they were set for this account alone since its last preset, where that is asked for', () => {
    const first = afterChange(caps(), preset('replace', { tasks: 'read', campaigns: 'read' }), BY);
    const local = afterChange(first, set({ tasks: 'none' }), BY);
    const change = preset('keepLocal', { tasks: 'full', campaigns: 'full' }, V2);
    expect(capOutcome(local, change)).toMatchObject({ changed: { campaigns: 'full' }, kept: ['tasks'] });
    // And they stay so the next time.
    const second = afterChange(local, change, BY);
    expect(capOutcome(second, preset('keepLocal', { tasks: 'read' }, V2)).kept).toEqual(['tasks']);
    // Until they are given up.
    const replaced = afterChange(second, preset('replace', { tasks: 'none' }, V2), BY);
    expect(capOutcome(replaced, preset('keepLocal', { tasks: 'read' }, V2)).changed).toEqual({ tasks: 'read' });
  });

  it('are as they were before a preset when that is undone: levels, what was the account’s alone, and the preset before', () => {
    const own = afterChange(caps(), { kind: 'set', levels: { tasks: 'none' } }, BY);
    const first = afterChange(own, preset('keepLocal', { campaigns: 'read' }), BY);
    const change = preset('replace', { tasks: 'read', campaigns: 'read', agents: 'none' }, V2);
    const outcome = capOutcome(first, change);
    const taken = afterChange(first, change, BY);
    const levels = { tasks: 'none', agents: 'full' } as const;
    const undo = { kind: 'undo', levels, ...capsBefore(first, outcome) } as const;
    // What is kept of a change takes it back alike.
    expect(lastChange(first, outcome, BY)).toEqual({ ...BY, levels, ...capsBefore(first, outcome) });
    expect(undo).toMatchObject({ local: ['tasks'], preset: first.preset });
    const back = afterChange(taken, undo, BY);
    expect(back).toMatchObject({ levels: first.levels, preset: first.preset, version: first.version + 2 });
    const localOf = ({ marks }: Caps) => Object.entries(marks).flatMap(([key, mark]) => (mark?.local ? [key] : []));
    expect(localOf(back)).toEqual(localOf(first));
    expect(changesCaps(back, capOutcome(back, undo))).toBe(false);
  });

  it('are undecided again where null is set: nobody has set that, and it works as none', () => {
    const set = afterChange(caps(), { kind: 'set', levels: { tasks: 'read' } }, BY);
    const outcome = capOutcome(set, { kind: 'set', levels: { tasks: null, agents: 'full' } });
    expect(outcome.changed).toEqual({ tasks: null });
    const back = afterChange(set, { kind: 'set', levels: { tasks: null } }, BY);
    expect([unreviewedIn(back.levels), back.marks.tasks]).toEqual([['tasks'], undefined]);
    expect(capOutcome(back, { kind: 'set', levels: { tasks: null } }).changed).toEqual({});
    expect(capOutcome(back, { kind: 'review', levels: { tasks: 'full' } }).changed).toEqual({ tasks: 'full' });
  });

  it('are saved over the version that was seen only, and a conflict shows what is there', () => {
    expect(decideVersion('West', caps(), 0).ok).toBe(true);
    expect(decideVersion('West', { version: 3, levels: { tasks: 'read' } }, 2)).toMatchObject({
      refusal: { code: 'VERSION_CONFLICT', present: { version: 3, levels: { tasks: 'read' } } },
    });
  });

  it('are refused with a level that the permission doesn’t know', () => {
    expect(decideLevels({ conversations: 'full' })).toMatchObject({
      refusal: { code: 'LEVEL_UNKNOWN', field: 'levels.conversations' },
    });
    expect(decideLevels({ account: 'read' })).toMatchObject({ refusal: { code: 'LEVEL_UNKNOWN' } });
    expect(decideLevels({ account: 'limited', tasks: 'none' })).toEqual({
      ok: true,
      value: { account: 'limited', tasks: 'none' },
    });
  });

  it('are compared row by row', () => {
    expect(compareLevels(HIGHEST, { ...HIGHEST, tasks: 'read' })).toEqual([
      { key: 'tasks', here: 'full', there: 'read' },
    ]);
    expect(compareLevels({ tasks: 'read' }, {})).toEqual([{ key: 'tasks', here: 'read', there: null }]);
  });
});
