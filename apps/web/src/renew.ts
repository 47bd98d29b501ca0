const KEY = 'tenantree.renewed';
/** A second failure so soon after loading is no new version, but a server that lacks the file (ms). */
const SOON_MS = 10_000;

async function renew(): Promise<void> {
  if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < SOON_MS) return;
  // Without an answer there is nothing to load: what is on screen is worth more than the browser's page about it.
  if (!(await fetch('/', { cache: 'no-store' })).ok) return;
  sessionStorage.setItem(KEY, String(Date.now()));
  window.location.reload();
}

let ahead = 0;

/**
 * Loads parts before anybody asks for them. What fails then is asked for again by whoever needs it, and is no reason to load the page again:
 * somebody may be writing on it.
 */
export async function loadAhead(...parts: readonly (() => Promise<unknown>)[]): Promise<void> {
  ahead += 1;
  await Promise.allSettled(parts.map((load) => load()));
  ahead -= 1;
}

/**
 * Loads the page again when a part of it could not be loaded: over an update its name changed, and a part that failed while
 * the server was away is not asked for twice by browsers.
 */
export function renewAfterUpdate(): void {
  window.addEventListener('vite:preloadError', () => {
    if (ahead === 0) void renew().catch(() => undefined);
  });
}
