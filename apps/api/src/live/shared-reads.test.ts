import { describe, expect, it } from 'vitest';
import { SharedReads } from './shared-reads.ts';

/** Reads that end when they are told to, and answer with their number. */
function reads() {
  const shared = new SharedReads();
  const begun: PromiseWithResolvers<number>[] = [];
  const ask = (key = 'a'): Promise<number> =>
    shared.read(key, () => {
      const one = Promise.withResolvers<number>();
      begun.push(one);
      return one.promise;
    });
  return { begun, ask };
}

describe('What many ask for at one time', () => {
  it('is read once for all who come while it is read, after they came', async () => {
    const { begun, ask } = reads();
    const first = ask();
    const others = [ask(), ask(), ask()];
    expect(begun).toHaveLength(1);
    begun[0]?.resolve(0);
    expect(await first).toBe(0);
    expect(begun).toHaveLength(2);
    // Whoever comes by now would miss what happened since the second began.
    const late = ask();
    begun[1]?.resolve(1);
    expect(await Promise.all(others)).toEqual([1, 1, 1]);
    begun[2]?.resolve(2);
    expect(await late).toBe(2);
    const fresh = ask();
    begun[3]?.resolve(3);
    expect(await fresh).toBe(3);
  });

  it('is read again for the others where it fails, and apart for whoever asks for something else', async () => {
    const { begun, ask } = reads();
    const [first, second, other] = [ask(), ask(), ask('b')];
    expect(begun).toHaveLength(2);
    begun[0]?.reject(new Error('away'));
    begun[1]?.resolve(1);
    await expect(first).rejects.toThrow('away');
    begun[2]?.resolve(2);
    expect(await Promise.all([second, other])).toEqual([2, 1]);
  });
});
