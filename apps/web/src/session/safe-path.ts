/** Where to go on to. Only addresses of this app are returned to, by the browser's own reading of them: it takes `/\` for `//`. */
export function safePath(path: string | null): string {
  const { origin } = window.location;
  if (path === null || !URL.canParse(path, origin)) return '/';
  const to = new URL(path, origin);
  return to.origin === origin ? to.pathname + to.search : '/';
}
