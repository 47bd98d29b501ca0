import { beforeAll } from 'vitest';
import { page } from 'vitest/browser';

const WIDTH = 1280;
const HEIGHT = 800;

/** As `index.html` has it. */
const ROOT = { lang: 'en' } as const;

/**
 * Files of one worker share a page, since loading everything anew for each of them would be a quarter of what they take. Each finds it as
 * if it had just been opened: empty, of the usual size, with nothing stored.
 */
beforeAll(async () => {
  const { documentElement: root, body } = document;
  body.replaceChildren();
  document.title = '';
  document.adoptedStyleSheets = [];
  for (const element of [root, body]) {
    for (const name of element.getAttributeNames()) element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(ROOT)) root.setAttribute(name, value);
  localStorage.clear();
  sessionStorage.clear();
  if (innerWidth !== WIDTH || innerHeight !== HEIGHT) await page.viewport(WIDTH, HEIGHT);
});
