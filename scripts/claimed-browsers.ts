/**
 * The oldest browsers that the web app and the widget are for. The app's styles are built for them, `used-apis.test.ts` holds the sources
 * to them, and docs/resellers.md says them. What decides: `light-dark()` (Chrome, Safari), and colours that are made from a brand's
 * (Firefox).
 */
export const BROWSERS = { chrome: '123', firefox: '128', safari: '17.5' } as const;

/** The oldest Node that the client runs on, as docs/developers.md says. */
export const OLDEST_CLIENT_NODE = '20.0.0';
