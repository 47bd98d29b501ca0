import ipaddr from 'ipaddr.js';

/** Addresses that begin alike; a single one begins with all its bits. */
export type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Bits that the addresses of one customer have in common: who has IPv6 usually owns so much of it, and could take a new one for every guess. */
const CUSTOMER_BITS = 64;
const MAPPED_BITS = 96;

/**
 * Reads an address as peers and proxies write it: IPv4, IPv6 in any notation, in brackets or not, with a port or not. IPv4 in the clothes
 * of IPv6 (`::ffff:192.0.2.1`) is IPv4.
 *
 * @returns the one way in which we write it; null when it is no address
 */
export function parseAddress(text: string): string | null {
  const trimmed = text.trim();
  const inside = /^\[([^\]]*)\](:\d{1,5})?$/.exec(trimmed)?.[1] ?? /^(\d[\d.]*):\d{1,5}$/.exec(trimmed)?.[1] ?? trimmed;
  return isAddress(inside) ? ipaddr.process(inside).toString() : null;
}

/** Reads an address or a range (`10.0.0.0/8`); null when it is neither. */
export function parseNetwork(text: string): Network | null {
  const [address = '', bits, ...more] = text.trim().split('/');
  if (more.length > 0 || !isAddress(address)) return null;
  const whole = ipaddr.parse(address);
  const most = whole.toByteArray().length * 8;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return null;
  const length = bits === undefined ? most : Number(bits);
  if (whole instanceof ipaddr.IPv4 || !whole.isIPv4MappedAddress()) return [whole, length];
  return length < MAPPED_BITS ? null : [whole.toIPv4Address(), length - MAPPED_BITS];
}

/** Whether an address that `parseAddress` wrote is in one of these networks. */
export function isWithin(address: string, networks: readonly Network[]): boolean {
  if (address === '') return false;
  const parsed = ipaddr.parse(address);
  return networks.some(([first, bits]) => parsed.kind() === first.kind() && parsed.match(first, bits));
}

/** Whose address it is, as far as it tells: for limits on what somebody does. */
export const networkOf = (address: string): string =>
  ipaddr.IPv6.isValid(address)
    ? `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${CUSTOMER_BITS}`).toString()}/${CUSTOMER_BITS}`
    : address;

/** `ipaddr.js` also reads what only C libraries take for IPv4 (`127.1`, `0x7f000001`): nobody who means an address writes that. */
const isAddress = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
