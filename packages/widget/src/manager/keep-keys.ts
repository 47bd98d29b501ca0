/**
 * Keeps keys that are pressed in an element from the page. To its hotkeys they would come from an element that is no field: what is typed
 * in one of ours, what we use, and keys on their own stay here; shortcuts with a modifier, function keys and an Esc that closed nothing go on.
 *
 * @param before what kept all of them until this was there; it ends
 */
export function keepKeys(element: HTMLElement, before: AbortController): void {
  before.abort();
  /** Pressed here, kept, and not let go yet: whoever hears a key go down hears it come up, and nobody else. */
  const held = new Set<string>();
  // What the page put into our slots is its own.
  const isOurs = (event: KeyboardEvent): boolean => event.target === element;
  const press = (event: KeyboardEvent): void => {
    if (isOurs(event)) held.add(event.code);
  };
  const keep = (event: KeyboardEvent): void => {
    if (!isOurs(event)) return;
    if (event.type === 'keyup') {
      if (held.delete(event.code)) event.stopPropagation();
    } else if (goesOn(event)) held.delete(event.code);
    else event.stopPropagation();
  };
  element.addEventListener('keydown', press, { capture: true });
  for (const type of ['keydown', 'keypress', 'keyup'] as const) element.addEventListener(type, keep);
}

function goesOn(event: KeyboardEvent): boolean {
  const [from] = event.composedPath();
  const types = from instanceof Element && from.matches('input, textarea, select');
  const isCommand = event.ctrlKey || event.metaKey || event.altKey || /^F\d|^Tab$/.test(event.key);
  return !event.defaultPrevented && (event.key === 'Escape' || (isCommand && !types));
}
