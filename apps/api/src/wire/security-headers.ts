/** Headers of every answer (reliability.md 5). */
export function commonHeaders(publicUrl: string): Record<string, string> {
  const isHttps = publicUrl.startsWith('https:');
  return {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(isHttps ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

const NO_POWERS = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb']
  .map((power) => `${power}=()`)
  .join(', ');

/**
 * Headers of the web app's pages: nothing but our own files runs, nobody may frame us. Not all browsers count `ws:` of the same host
 * as 'self', so it is named: the one that the operator knows us by, never the one that a request says.
 */
export function pageHeaders(publicUrl: string): Record<string, string> {
  const { host } = new URL(publicUrl);
  return {
    'content-security-policy': [
      "default-src 'self'",
      `connect-src 'self' ws://${host} wss://${host}`,
      "img-src 'self' data:",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "object-src 'none'",
    ].join('; '),
    'permissions-policy': NO_POWERS,
    'cross-origin-opener-policy': 'same-origin',
    'x-frame-options': 'DENY',
  };
}
