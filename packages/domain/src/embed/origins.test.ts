import { describe, expect, it } from 'vitest';
import { areListed, decideOrigins, matchesOrigin, parseOriginList } from './origins.ts';

const codeOf = (decision: ReturnType<typeof decideOrigins>) => (decision.ok ? decision.value : decision.refusal.code);

describe('A list of origins', () => {
  it('has exact origins, patterns with one star for one part of a name, and http for localhost alone', () => {
    const good = [
      'https://portal.example',
      'https://portal.example:8443',
      'https://*.portal.example',
      'https://*.portal.example:8443',
      'http://localhost:5173',
      'http://127.0.0.1',
      'http://[::1]',
    ];
    expect(codeOf(parseOriginList([...good, good[0] ?? '']))).toEqual(good);
    for (const bad of [
      'portal.example',
      'https://portal.example/',
      'https://portal.example/path',
      'https://Portal.example',
      'https://portal.example:443',
      'http://portal.example',
      'http://*.localhost',
      'https://*',
      'https://*.com',
      'https://*.*.portal.example',
      'https://a.*.portal.example',
      'https://*portal.example',
      'https://*.1.2.3.4',
      'https://u@portal.example',
      'null',
      '*',
      '',
    ])
      expect([bad, codeOf(parseOriginList([bad]))]).toEqual([bad, 'BAD_REQUEST']);
  });

  it('lets a star stand for exactly one part', () => {
    const matches = (origin: string) => matchesOrigin('https://*.x.example', origin);
    expect(['https://a.x.example', 'https://b-1.x.example'].every(matches)).toBe(true);
    for (const other of [
      'https://x.example',
      'https://.x.example',
      'https://a.b.x.example',
      'https://ax.example',
      'http://a.x.example',
      'https://a.x.example:444',
      'https://a.x.example.evil.example',
    ])
      expect([other, matches(other)]).toEqual([other, false]);
  });
});

describe('The origins of a session', () => {
  const list = ['https://portal.example', 'https://*.x.example'];

  it('are all of the list, or the part of it that is asked for', () => {
    expect(codeOf(decideOrigins(list, null))).toEqual(list);
    expect(codeOf(decideOrigins(list, ['https://a.x.example']))).toEqual(['https://a.x.example']);
    expect(codeOf(decideOrigins(list, ['https://*.x.example']))).toEqual(['https://*.x.example']);
    expect(codeOf(decideOrigins(list, ['https://evil.example']))).toBe('ORIGIN_NOT_LISTED');
    expect(codeOf(decideOrigins(list, ['https://*.y.example']))).toBe('ORIGIN_NOT_LISTED');
    expect(codeOf(decideOrigins([], null))).toBe('ORIGIN_NOT_LISTED');
  });

  it('are named exactly where no account has a list', () => {
    expect(codeOf(decideOrigins(null, ['https://portal.example']))).toEqual(['https://portal.example']);
    expect(codeOf(decideOrigins(null, ['http://portal.example']))).toEqual(['http://portal.example']);
    for (const asked of [null, [], ['https://*.x.example'], ['portal.example']])
      expect(codeOf(decideOrigins(null, asked))).toBe('BAD_REQUEST');
  });

  it('have to be in a list that is set later, all of them', () => {
    expect(areListed(list, ['https://a.x.example', 'https://portal.example'])).toBe(true);
    expect(areListed(list, ['https://a.x.example', 'https://old.example'])).toBe(false);
  });
});
