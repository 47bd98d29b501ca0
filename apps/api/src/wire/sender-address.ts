import { isWithin, type Network, parseAddress } from '../hall/addresses.ts';

/**
 * The address that a request came from. Proxies add the address they saw at the end of `X-Forwarded-For`; only of proxies that the
 * operator named (TRUSTED_PROXIES) is it believed, because anybody can send the header. Where a proxy says no address, its own counts.
 */
export function senderAddress(peer: string | undefined, forwarded: string | null, trusted: readonly Network[]): string {
  let address = parseAddress(peer ?? '') ?? '';
  const hops = (forwarded ?? '').split(',');
  while (isWithin(address, trusted)) {
    const before = parseAddress(hops.pop() ?? '');
    if (before === null) break;
    address = before;
  }
  return address;
}
