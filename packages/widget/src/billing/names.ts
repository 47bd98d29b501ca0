import type { Texts } from '../strings/texts.ts';

const MOST = 4;

/** Names one after the other; of many the first, and how many more there are. @param all how many there are, where not all are named */
export function namesOf(names: readonly string[], { say }: Texts, all: number = names.length): string {
  const shown = names.slice(0, MOST).join(', ');
  const more = all - Math.min(names.length, MOST);
  return more > 0 ? say('andMore', { names: shown, n: more }) : shown;
}
