import { describe, expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

describe('What is done in parts', () => {
  it('is read, made and written in turn: the next is read before one is written, and made while that is on its way', async () => {
    const log: string[] = [];
    await inTurn([1, 2, 3], {
      read: async (part) => {
        log.push(`read ${part}`);
        return part;
      },
      make: (part) => {
        log.push(`make ${part}`);
        return part;
      },
      write: async (part) => {
        log.push(`write ${part}`);
        await expect.poll(() => log.includes(`make ${part + 1}`) || part === 3).toBe(true);
        log.push(`wrote ${part}`);
      },
    });
    expect(log.join(', ')).toBe(
      'read 1, make 1, read 2, write 1, make 2, wrote 1, read 3, write 2, make 3, wrote 2, write 3, wrote 3',
    );
  });

  it('ends with what is wrong with a part, whether that shows when it is made or when the one before is written', async () => {
    const doing = (fails: 'make' | 'write') =>
      inTurn(['one', 'two'], {
        read: async (part) => part,
        make: (part) => {
          if (fails === 'make' && part === 'two') throw new Error('not made');
          return part;
        },
        write: async () => {
          if (fails === 'write') throw new Error('not written');
        },
      });
    await expect(doing('make')).rejects.toThrow('not made');
    await expect(doing('write')).rejects.toThrow('not written');
  });
});
