import axe from 'axe-core';
import { rounds } from '../../../scripts/rounds.ts';
import { type Stage, still } from './stage.ts';

/** All that axe knows but for landmarks, which are the page's. */
const LOOKED_FOR = { resultTypes: ['violations' as const], rules: { region: { enabled: false } } };

/** What axe finds fault with in a part of the page, once nothing moves. */
export async function violations(part: Element = document.body): Promise<string[]> {
  await still();
  const { violations: found } = await axe.run(part, LOOKED_FOR);
  return found.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, any, all }) => `${target.flat().join(' ')} ${[...any, ...all].map(({ message }) => message).join('; ')}`).join(' | ')}`,
  );
}

type Look = Required<Pick<Stage, 'theme' | 'dir' | 'width'>>;

const SCHEMES = [
  { theme: 'light', dir: 'ltr' },
  { theme: 'dark', dir: 'rtl' },
  { theme: 'dark', dir: 'ltr' },
  { theme: 'light', dir: 'rtl' },
] as const;

/**
 * Looks at what is shown in some widths, for `it.each`: every width once, with both themes and both directions among them, in every run; each
 * of them in each width in the long one (for which the file is in `AGAIN_IN_A_BROWSER`).
 */
export const looksAt = (...widths: readonly number[]): Look[] =>
  widths.flatMap((width, at) =>
    SCHEMES.filter((_, nth) => rounds(nth === at % SCHEMES.length, true)).map((scheme) => ({ ...scheme, width })),
  );
