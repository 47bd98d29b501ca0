import { expect } from 'vitest';

/** A browser as far as a person has it: one window, a pointer, a keyboard. */
export type OtherBrowser = {
  open(url: string): Promise<void>;
  /** Answers what a function body returns in the page; what it takes is in `given`. */
  read<T>(body: string, given?: unknown): Promise<T>;
  /** Presses and releases the main button, in CSS pixels of the window. */
  clickAt(x: number, y: number): Promise<void>;
  type(text: string): Promise<void>;
  press(key: 'Enter' | 'Escape' | 'ArrowLeft' | 'Backspace' | 'Tab'): Promise<void>;
  close(): Promise<void>;
};

const PATIENTLY = { timeout: 20_000, interval: 100 };

/** Elements through all shadow roots that a selector and a text find and that can be seen, in the order of the page. */
const FIND = `
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches(given.selector)) found.push(element);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  const words = (element) =>
    element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? (element.matches('input') ? '' : element.textContent);
  const seen = found.filter((element) => element.checkVisibility() && words(element).includes(given.text));
`;

/** Where to click on the last one that is found, when nothing lies above it there. */
const AIM = `${FIND}
  const target = seen.at(-1);
  if (!target) return 'there is none';
  target.scrollIntoView({ block: 'nearest' });
  const { x, y, width, height } = target.getBoundingClientRect();
  const at = { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
  let top = document.elementFromPoint(at.x, at.y);
  for (let inner = top?.shadowRoot?.elementFromPoint(at.x, at.y); inner && inner !== top; inner = top.shadowRoot?.elementFromPoint(at.x, at.y)) top = inner;
  const hit = top;
  while (top && top !== target) top = top.assignedSlot ?? top.parentNode ?? top.host;
  return top ? at : (hit ? hit.localName + '.' + hit.className : 'nothing') + ' lies above it';
`;

/** What somebody does in a browser, by what they see. */
export class Visitor {
  readonly browser: OtherBrowser;

  constructor(browser: OtherBrowser) {
    this.browser = browser;
  }

  /** Waits until something is to be seen. */
  async sees(selector: string, text = ''): Promise<void> {
    await expect
      .poll(() => this.count(selector, text), { ...PATIENTLY, message: `${selector} “${text}”` })
      .toBeGreaterThan(0);
  }

  /** Waits until something is gone. */
  async misses(selector: string, text = ''): Promise<void> {
    await expect.poll(() => this.count(selector, text), { ...PATIENTLY, message: `${selector} “${text}”` }).toBe(0);
  }

  count(selector: string, text = ''): Promise<number> {
    return this.browser.read(`${FIND} return seen.length;`, { selector, text });
  }

  /** Reads something of the last element that is found. */
  of<T>(selector: string, expression: string): Promise<T> {
    return this.browser.read(`${FIND} const it = seen.at(-1); return it ? ${expression} : null;`, {
      selector,
      text: '',
    });
  }

  /** Clicks where an element can be seen and nothing covers it. */
  async click(selector: string, text = ''): Promise<void> {
    const aim = async (): Promise<unknown> => this.browser.read(AIM, { selector, text });
    await expect
      .poll(aim, { ...PATIENTLY, message: `a click on ${selector} “${text}”` })
      .toEqual({ x: expect.any(Number), y: expect.any(Number) });
    const { x, y } = (await aim()) as { readonly x: number; readonly y: number };
    await this.browser.clickAt(x, y);
  }

  async fill(label: string, text: string): Promise<void> {
    await this.click('input', label);
    await this.browser.type(text);
  }
}
