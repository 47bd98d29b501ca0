import { fetched } from '@tenantree/client';
import { describe, expect, it, vi } from 'vitest';
import { LatePart } from './late-part.ts';

describe('a part that is loaded late', () => {
  it('is loaded once, however often and however early it is asked for', async () => {
    const make = vi.fn(async () => ({ part: 'part' }));
    const late = new LatePart(make, 'part', ({ part }) => part);
    late.prepare();
    expect(late.part).toBe(null);
    expect(await Promise.all([late.load(), late.load()])).toEqual(['part', 'part']);
    expect(late.part).toBe('part');
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('is tried again when it could not be had: quietly ahead of its use, with the reason afterwards', async () => {
    const make = vi.fn(async () => ({ part: 'part' }));
    make.mockRejectedValueOnce(new Error('offline')).mockRejectedValueOnce(new Error('still offline'));
    const late = new LatePart(make, 'part', ({ part }) => part);
    late.prepare();
    await expect(late.load()).rejects.toThrow('offline');
    await expect(late.load()).rejects.toThrow('still offline');
    expect(await late.load()).toBe('part');
  });

  it('is tried once ahead of its use, however often the pointer comes by', async () => {
    const make = vi.fn(async (): Promise<{ part: string }> => Promise.reject(new Error('offline')));
    const late = new LatePart(make, 'part', ({ part }) => part);
    late.prepare();
    await expect(late.load()).rejects.toThrow('offline');
    late.prepare();
    late.prepare();
    expect(make).toHaveBeenCalledTimes(1);
  });
});

describe('a module that could not be fetched', () => {
  const nowhere = (said: string) => (): Promise<{ part: string }> => Promise.reject(new Error(said));

  it('is given up with what was thrown when its address is not known', async () => {
    await expect(fetched(nowhere('Importing a module script failed.'), 'part')).rejects.toThrow(
      'Importing a module script failed.',
    );
  });

  it('is left to the bundler whose loader could not fetch it', async () => {
    const said = 'Loading chunk 695 failed. (error: http://127.0.0.1:1/695.js)';
    await expect(fetched(nowhere(said), 'part')).rejects.toThrow(said);
  });
});
