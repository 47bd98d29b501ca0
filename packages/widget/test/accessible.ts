import axe from 'axe-core';
import { still } from './stage.ts';

/** What axe looks at: all it knows but for landmarks, which are the page's; or colours alone, where all else was looked at in another scheme. */
const LOOKS = {
  everything: { rules: { region: { enabled: false } } },
  colours: { runOnly: ['color-contrast', 'link-in-text-block'] },
};

/** What axe finds fault with on the page, once nothing moves. */
export async function violations(looks: keyof typeof LOOKS = 'everything'): Promise<string[]> {
  await still();
  const { violations: found } = await axe.run(document.body, { resultTypes: ['violations'], ...LOOKS[looks] });
  return found.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, any, all }) => `${target.flat().join(' ')} ${[...any, ...all].map(({ message }) => message).join('; ')}`).join(' | ')}`,
  );
}
