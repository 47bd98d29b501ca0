/** Keys that may mean something to the table, those with a modifier behind `^`. Esc and those of the browser are left alone until it is known what they mean. */
const KEYS = /^(.|Arrow.+|Page.+|\^?(Home|End|Enter)|F2|F10|ContextMenu|\^[as])$/iu;

/** Whether a key or a click is nobody's but the table's. */
export function isForTable(event: KeyboardEvent | MouseEvent, target: Element): boolean {
  const withModifier = event.ctrlKey || event.metaKey;
  if (event instanceof MouseEvent)
    return (
      target.closest('.row, .column') !== null && !(target.closest('a[href]') && (withModifier || event.button !== 0))
    );
  if (event.altKey || target.closest('.editing')) return false;
  const presses = event.key === 'Enter' || event.key === ' ';
  if (presses && target.matches('button, input, a[href]')) return false;
  return KEYS.test(`${withModifier ? '^' : ''}${event.key}`);
}
