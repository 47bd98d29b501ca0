/**
 * The address that a request came from. Proxies add the address they saw at the end of `X-Forwarded-For`; only of proxies that the
 * operator named (TRUSTED_PROXIES) is it believed, because anybody can send the header.
 */
export function senderAddress(peer: string | undefined, forwarded: string | null, trusted: readonly string[]): string {
  let address = plain(peer ?? '');
  const hops = (forwarded ?? '').split(',').map((hop) => plain(hop.trim()));
  while (trusted.includes(address)) {
    const before = hops.pop();
    if (before === undefined || before === '') break;
    address = before;
  }
  return address;
}

/** IPv4 addresses arrive as IPv6 ones on sockets that listen to both. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');
