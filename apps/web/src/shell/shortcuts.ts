/** One line of the sheet: keys are separated by spaces, as in `Shift F10`; `Mod` is Ctrl, or ⌘ on a Mac. */
export type Shortcut = { readonly keys: string; readonly does: string };

/** Shortcuts under a heading; `needs` is the page they are for. */
export type Shortcuts = { readonly title: string; readonly needs?: string; readonly items: readonly Shortcut[] };

/** What keys do (rules/screens 5). Those that lead to pages stand with the pages. */
export const EVERYWHERE: readonly Shortcut[] = [
  { keys: 'Mod K', does: 'Search or jump to …' },
  { keys: '?', does: 'This sheet' },
  { keys: 'g a', does: 'Change account' },
  { keys: 'g h', does: 'Return to your account' },
  { keys: 'Esc', does: 'Close one layer' },
];

export const ON_PAGES: readonly Shortcuts[] = [
  {
    title: 'Subaccounts',
    needs: 'subaccounts',
    items: [
      { keys: '/', does: 'Search' },
      { keys: 'c', does: 'Create subaccount' },
      { keys: '↓ ↑', does: 'Next, previous row' },
      { keys: '→ ←', does: 'Expand, then into cells; collapse' },
      { keys: '*', does: 'Expand all siblings' },
      { keys: 'Home End', does: 'First, last row' },
      { keys: 'Enter', does: 'Open' },
      { keys: 'Mod Enter', does: 'Open in new tab' },
      { keys: 's', does: 'Switch to' },
      { keys: 'Mod s', does: 'Switch to in new tab' },
      { keys: 'x', does: 'Select' },
      { keys: 'Shift ↓', does: 'Extend the selection' },
      { keys: 'Mod A', does: 'Select all shown' },
      { keys: 'F2', does: 'Rename' },
      { keys: 'Shift F10', does: 'Menu of the row' },
      { keys: 'y', does: 'Copy id' },
      { keys: 'p', does: 'Pause live updates' },
      { keys: 'Shift L', does: 'Read the row’s numbers aloud' },
      { keys: 'F6', does: 'To the newest message' },
      { keys: 'Mod Z', does: 'Undo what was done last' },
    ],
  },
  {
    title: 'An open account',
    needs: 'subaccounts',
    items: [
      { keys: 'j k', does: 'Next, previous account' },
      { keys: 'Esc', does: 'Back to its row' },
    ],
  },
];

const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

/** Keys as they are labelled on this device. */
export const labelsOf = (keys: string): readonly string[] =>
  keys.split(' ').map((key) => (key === 'Mod' ? (isMac() ? '⌘' : 'Ctrl') : key.length === 1 ? key.toUpperCase() : key));
