import { useEffect, useRef } from 'react';
import { recall, remember } from '../parts/remember.ts';

const SETTING = 'tenantree.single-keys';
/** Longest that the second key of two may take, in milliseconds. */
const SECOND_MS = 1_000;
/** Where letters are letters, or belong to what is open. */
const TAKEN = 'input:not([type=checkbox], [type=radio]), textarea, select, dialog, [role=dialog], [role=menu]';

/** Whether keys without Ctrl or ⌘ do anything outside text fields, on this device (WCAG 2.1.4). */
export const readSingleKeys = (): 'on' | 'off' => (recall(SETTING) === 'off' ? 'off' : 'on');

/** Chooses it. */
export const setSingleKeys = (choice: 'on' | 'off'): void => remember(SETTING, choice);

/**
 * What is done, by the key that is pressed, or by two with a space between that are pressed one after the other; `Mod z` is Z with Ctrl
 * or ⌘, which also works where single keys are turned off.
 */
export type Keys = Readonly<Record<string, () => void>>;

const isFree = (event: KeyboardEvent): boolean => {
  const [target] = event.composedPath();
  return !(target instanceof Element && target.closest(TAKEN));
};

/** Does something when keys are pressed anywhere on the page where they mean nothing else. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    let first: { readonly key: string; readonly at: number } | null = null;
    const press = (event: KeyboardEvent): void => {
      const { timeStamp: at, ctrlKey, metaKey, altKey } = event;
      const isWithMod = ctrlKey || metaKey;
      const key = isWithMod ? `Mod ${event.key}` : event.key;
      const before = first && at - first.at < SECOND_MS ? `${first.key} ` : '';
      first = null;
      const isOff = !isWithMod && readSingleKeys() === 'off';
      if (event.defaultPrevented || altKey || isOff || !isFree(event)) return;
      const act = latest.current[before + key];
      if (act) {
        event.preventDefault();
        act();
      } else if (Object.keys(latest.current).some((known) => known.startsWith(`${key} `))) first = { key, at };
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
