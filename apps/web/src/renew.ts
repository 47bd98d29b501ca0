const KEY = 'tenantree.renewed';
/** A second failure so soon after loading is no new version, but a server that lacks the file (ms). */
const SOON_MS = 10_000;

/** A tab that stayed open over an update asks for parts that are gone: it is loaded again, once. */
export function renewAfterUpdate(): void {
  window.addEventListener('vite:preloadError', (event) => {
    if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < SOON_MS) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    event.preventDefault();
    window.location.reload();
  });
}
