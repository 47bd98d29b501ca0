import { describe, expect, it } from 'vitest';
import { networkOf, parseNetwork } from '../src/hall/addresses.ts';
import { isSameOrigin, senderAddress } from '../src/wire/sender.ts';

const sent = (headers: Record<string, string>, method = 'POST', publicUrl = 'https://tree.example'): boolean =>
  isSameOrigin({ method, headers: new Headers(headers) }, publicUrl);

describe('a request is of our own pages', () => {
  it('when its origin is the public one, or the host it was sent to', () => {
    expect(sent({ origin: 'https://tree.example' })).toBe(true);
    expect(sent({ origin: 'http://127.0.0.1:7300', host: '127.0.0.1:7300' }, 'POST', 'http://localhost:7300')).toBe(
      true,
    );
  });

  it('never when its origin is another one, whatever else it says', () => {
    const others = [
      'https://evil.example',
      'https://tree.example.evil.example',
      'https://tree.example:444',
      'null',
      '',
    ];
    for (const origin of others) {
      expect(sent({ origin, host: 'tree.example', 'sec-fetch-site': 'same-origin' }), origin).toBe(false);
    }
    // A page that anybody in between could have written.
    expect(sent({ origin: 'http://tree.example', host: 'tree.example' })).toBe(false);
  });

  it('without an origin when the browser says that no other site is involved', () => {
    expect(sent({ 'sec-fetch-site': 'same-origin' })).toBe(true);
    expect(sent({ 'sec-fetch-site': 'none' }, 'GET')).toBe(true);
    expect(sent({ 'sec-fetch-site': 'same-site' }, 'GET')).toBe(false);
    expect(sent({ 'sec-fetch-site': 'cross-site' }, 'GET')).toBe(false);
  });

  it('without either only for reading', () => {
    expect(sent({}, 'GET')).toBe(true);
    expect(sent({}, 'POST')).toBe(false);
    expect(sent({ upgrade: 'websocket' }, 'GET')).toBe(false);
  });
});

describe('the address of a sender', () => {
  const proxies = ['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48']
    .map(parseNetwork)
    .filter((network) => network !== null);

  it('is that of the connection, whatever the sender claims', () => {
    expect(senderAddress('203.0.113.7', '198.51.100.1', proxies)).toBe('203.0.113.7');
    expect(senderAddress('::ffff:203.0.113.7', null, proxies)).toBe('203.0.113.7');
  });

  it('is the one that the last trusted proxy saw', () => {
    expect(senderAddress('127.0.0.1', '1.1.1.1, 198.51.100.1', proxies)).toBe('198.51.100.1');
    expect(senderAddress('::ffff:127.0.0.1', '1.1.1.1, 198.51.100.1, 10.9.0.2', proxies)).toBe('198.51.100.1');
    expect(senderAddress('2001:db8:ffff:1::2', '198.51.100.1', proxies)).toBe('198.51.100.1');
    expect(senderAddress('127.0.0.1', null, proxies)).toBe('127.0.0.1');
  });

  it.each([
    ['198.51.100.1:4711', '198.51.100.1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['[::ffff:c633:6401]:80', '198.51.100.1'],
  ])('is read as %s is meant', (written, address) => {
    expect(senderAddress('127.0.0.1', written, proxies)).toBe(address);
  });

  it.each([
    'unknown',
    '_hidden',
    '198.51.100',
    '198.51.100.1.2',
    '0x7f.1',
    '198.51.100.256',
    '::g',
    '1.1.1.1, ',
    '[::1',
    'a:1',
  ])('is the proxy’s where the proxy says %s', (written) => {
    expect(senderAddress('10.0.0.2', written, proxies)).toBe('10.0.0.2');
  });

  it('counts as one of a customer’s network', () => {
    expect(networkOf('198.51.100.1')).toBe('198.51.100.1');
    const [first, second, other] = ['2001:db8:0:7::1', '2001:db8::7:ffff:ffff:ffff:ffff', '2001:db8:0:8::1'].map(
      networkOf,
    );
    expect(first).toBe('2001:db8:0:7::/64');
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(networkOf('::1')).toBe('::/64');
  });
});
