import { useLayoutEffect } from 'react';

type Written = 'something' | 'nothing';

/** Whether something is written that isn't saved yet, on the page that is shown: there is one at a time. And where that is. */
let written: Written = 'nothing';
let here = '';

/** The question comes with the first page that may have to ask it. */
const loadAsk = () => import('./ask.ts');

/** Says whether something is written on the page that is shown, which would be lost with it. */
export function noteWritten(what: Written): void {
  written = what;
  here = window.location.href;
}

/**
 * Goes on to what takes away all that is written: at once where that is nothing.
 *
 * @param what it is, such as `leave this page`
 */
export function giveUp(go: () => void, what: string): void {
  if (written === 'nothing') return go();
  const question = {
    title: `Give up what you wrote and ${what}?`,
    text: 'It was not saved.',
    submit: 'Give it up',
    act: async () => {
      noteWritten('nothing');
      go();
    },
  };
  void loadAsk().then(({ ask }) => ask(question));
}

/**
 * Has Back and Forward not take away unasked what is written. The browser has turned by then, and is turned back before the router hears of
 * it: that listens later, from when the app is shown.
 */
export function guardTurns(): void {
  window.addEventListener('popstate', (event) => {
    if (written === 'nothing' || window.location.href === here) return;
    event.stopImmediatePropagation();
    window.history.pushState(null, '', here);
    giveUp(() => window.history.back(), 'leave this page');
  });
}

/** For a page on which something is written: it isn't closed unasked, which the browser does in its own words, and nothing is kept of it once it is left. */
export function useUnsaved(): void {
  useLayoutEffect(() => {
    const hold = (event: Event): void => {
      if (written === 'something') event.preventDefault();
    };
    void loadAsk();
    window.addEventListener('beforeunload', hold);
    return () => {
      noteWritten('nothing');
      window.removeEventListener('beforeunload', hold);
    };
  }, []);
}
