import { describe, expect, it } from 'vitest';
import { checkHabits } from './check-habits.mjs';

describe('names and habits', () => {
  it.each(['src/event-handler.ts', 'src/utils.ts', 'src/usage-service.ts', 'src/process.ts', 'src/account-manager.ts'])(
    'refuses the machinery word in %s',
    (file) => {
      expect(checkHabits(file, '')).toEqual([expect.stringContaining('names machinery')]);
    },
  );
  it('knows the product name subaccount-manager', () => {
    expect(checkHabits('packages/widget/src/subaccount-manager.ts', '')).toEqual([]);
  });
  it('asks for kebab-case', () => {
    expect(checkHabits('src/startTransfer.ts', '')).toEqual([expect.stringContaining('kebab-case')]);
  });
  it('finds tests that are left out', () => {
    expect(checkHabits('src/a.test.ts', 'it.only("x", () => {});')).toEqual([expect.stringContaining('it.only')]);
  });
  it('finds unfinished work', () => {
    expect(checkHabits('src/a.ts', '// TODO later')).toEqual([expect.stringContaining('unfinished')]);
  });
});
