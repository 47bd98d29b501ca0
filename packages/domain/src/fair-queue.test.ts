import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Work that ends when told to; what has begun stands in `begun`. */
function workshop(most: number, mostEach: number) {
  const queue = new FairQueue(most, mostEach);
  const begun: string[] = [];
  const running: { actor: string; end: () => void }[] = [];
  return {
    begun,
    running,
    ask: (actor: string): Promise<void> =>
      queue.run(actor, () => {
        begun.push(actor);
        return new Promise((end) => running.push({ actor, end }));
      }),
    endOne: async () => {
      running.shift()?.end();
      await settled();
    },
  };
}

describe('a fair queue', () => {
  it('lets whoever asks for little in before the rest of whoever asks for much', async () => {
    const { ask, begun, endOne } = workshop(2, 1);
    const all = ['much', 'much', 'much', 'much', 'little', 'late'].map(ask);
    await settled();
    for (let ended = 0; ended < all.length; ended += 1) await endOne();
    await Promise.all(all);
    expect(begun).toEqual(['much', 'little', 'much', 'late', 'much', 'much']);
  });

  it('does everything once, never more at one time than it may, nor of one actor', async () => {
    const actors = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        actors,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        async (asked, most, each) => {
          const { ask, begun, running, endOne } = workshop(most, each);
          const all = asked.map(ask);
          await settled();
          while (running.length > 0) {
            expect(running.length).toBeLessThanOrEqual(most);
            const ofOne = Map.groupBy(running, ({ actor }) => actor);
            for (const some of ofOne.values()) expect(some.length).toBeLessThanOrEqual(each);
            await endOne();
          }
          await Promise.all(all);
          expect(begun.toSorted()).toEqual(asked.toSorted());
        },
      ),
    );
  });

  it('goes on after work that failed', async () => {
    const queue = new FairQueue(1, 1);
    const failed = queue.run('a', () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(await queue.run('a', async () => 'next')).toBe('next');
  });
});
