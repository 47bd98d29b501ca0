/** What a key does in the table (rules/screens 5). */
export type TreeCommand =
  | { readonly do: 'move'; readonly by: 'row' | 'page' | 'all'; readonly step: 1 | -1; readonly select: boolean }
  | { readonly do: 'inward' | 'outward' }
  | { readonly do: 'edge'; readonly end: 'start' | 'end' }
  | { readonly do: 'open' | 'openInNewTab' | 'switch' | 'switchInNewTab' | 'toggleSelection' | 'selectAll' | 'leave' }
  | {
      readonly do:
        | 'openSiblings'
        | 'openBranch'
        | 'menu'
        | 'rename'
        | 'copyId'
        | 'create'
        | 'search'
        | 'pause'
        | 'summary';
    }
  | { readonly do: 'type'; readonly text: string };

type Keys = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

const plain = (command: TreeCommand): TreeCommand => command;

const MOVES: Readonly<Record<string, TreeCommand>> = {
  ArrowDown: { do: 'move', by: 'row', step: 1, select: false },
  ArrowUp: { do: 'move', by: 'row', step: -1, select: false },
  PageDown: { do: 'move', by: 'page', step: 1, select: false },
  PageUp: { do: 'move', by: 'page', step: -1, select: false },
  Home: { do: 'edge', end: 'start' },
  End: { do: 'edge', end: 'end' },
  Enter: { do: 'open' },
  ' ': { do: 'toggleSelection' },
  Escape: { do: 'leave' },
  F2: { do: 'rename' },
  ContextMenu: { do: 'menu' },
};

const LETTERS: Readonly<Record<string, TreeCommand>> = {
  s: { do: 'switch' },
  x: { do: 'toggleSelection' },
  c: { do: 'create' },
  y: { do: 'copyId' },
  p: { do: 'pause' },
  '/': { do: 'search' },
  '*': { do: 'openSiblings' },
};

function withModifier({ key }: Keys): TreeCommand | null {
  if (key === 'a' || key === 'A') return plain({ do: 'selectAll' });
  if (key === 'Enter') return plain({ do: 'openInNewTab' });
  if (key === 's') return plain({ do: 'switchInNewTab' });
  if (key === 'Home') return { do: 'move', by: 'all', step: -1, select: false };
  if (key === 'End') return { do: 'move', by: 'all', step: 1, select: false };
  return null;
}

function withShift({ key }: Keys): TreeCommand | null {
  if (key === 'ArrowDown') return { do: 'move', by: 'row', step: 1, select: true };
  if (key === 'ArrowUp') return { do: 'move', by: 'row', step: -1, select: true };
  if (key === 'L') return { do: 'summary' };
  if (key === '*') return { do: 'openSiblings' };
  if (key === 'F10') return { do: 'menu' };
  return null;
}

/**
 * Reads a key.
 *
 * @param typing whether a name is being typed: then letters belong to it and not to a shortcut
 * @param rtl whether the table runs from right to left, which exchanges the arrows
 * @returns null for keys that the table has no use for
 */
export function commandOf(keys: Keys, typing: boolean, rtl: boolean): TreeCommand | null {
  const { key, code, shiftKey, ctrlKey, metaKey, altKey } = keys;
  // The question mark asks for help wherever one is.
  if (altKey || key === '?') return null;
  if (ctrlKey || metaKey) return withModifier(keys);
  if (key === 'ArrowRight') return { do: rtl ? 'outward' : 'inward' };
  if (key === 'ArrowLeft') return { do: rtl ? 'inward' : 'outward' };
  if (shiftKey && code === 'NumpadMultiply') return { do: 'openBranch' };
  const special = shiftKey ? withShift(keys) : null;
  if (special) return special;
  if (!(typing && key === ' ') && MOVES[key]) return MOVES[key];
  if (!typing && LETTERS[key]) return LETTERS[key];
  return Array.from(key).length === 1 && key.trim() === key
    ? { do: 'type', text: key }
    : key === ' '
      ? { do: 'type', text: key }
      : null;
}
