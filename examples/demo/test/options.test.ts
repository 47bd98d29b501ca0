import { describe, expect, it } from 'vitest';
import { DEFAULT_SPEED, prefixOf, readOptions } from '../options.ts';

describe('the options', () => {
  it('have defaults for everything but the key, which may come from the environment', () => {
    expect(readOptions([], { TENANTREE_KEY: 'tt_key_1' })).toEqual({
      url: 'http://localhost:7300',
      key: 'tt_key_1',
      speed: DEFAULT_SPEED,
      reseller: 'World',
      limit: null,
      bill: 'nothing',
      blueprint: 'nothing',
    });
    expect(readOptions([], {})).toContain('needs an API key');
    expect(readOptions(['--key', 'k'], { TENANTREE_URL: 'http://localhost:7301' })).toMatchObject({
      url: 'http://localhost:7301',
    });
  });

  it('take a number above 0 or "max" as speed', () => {
    expect(readOptions(['--', '--key', 'k', '--speed', 'max'], {})).toMatchObject({ speed: 'max' });
    expect(readOptions(['--key', 'k', '--speed', '0.5'], {})).toMatchObject({ speed: 0.5 });
    for (const wrong of ['0', '-1', 'fast', 'Infinity', '']) {
      expect(readOptions(['--key', 'k', `--speed=${wrong}`], {})).toContain('neither a number above 0 nor "max"');
    }
  });

  it('take a whole number as limit', () => {
    expect(readOptions(['--key', 'k', '--limit', '3'], {})).toMatchObject({ limit: 3 });
    expect(readOptions(['--key', 'k', '--limit', 'few'], {})).toContain('no whole number');
  });

  it('ask for a bill', () => {
    expect(readOptions(['--key', 'k', '--bill'], {})).toMatchObject({ bill: 'month' });
    expect(readOptions(['--key', 'k', '--bill', '--limit', '3'], {})).toContain('without --limit');
  });

  it('ask for a blueprint, and no calls with it', () => {
    expect(readOptions(['--key', 'k', '--blueprint'], {})).toMatchObject({ blueprint: 'region' });
    for (const other of ['--bill', '--limit=3'])
      expect(readOptions(['--key', 'k', '--blueprint', other], {})).toContain('plays no calls');
  });

  it('that nobody knows are refused with what there is', () => {
    expect(readOptions(['--key', 'k', '--sped', 'max'], {})).toMatch(/Unknown option '--sped'[\s\S]*npm run demo/);
    expect(readOptions(['--help'], {})).toContain('npm run demo');
  });

  it('give every reseller external ids of its own', () => {
    expect(prefixOf('World')).toBe('demo-world');
    expect(prefixOf('  Northwind Voice, Inc. ')).toBe('demo-northwind-voice-inc');
    expect(prefixOf('世界')).toBe('demo-世界');
  });
});
