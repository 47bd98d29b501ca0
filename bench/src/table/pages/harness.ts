// What happens inside every page: mount, scroll, jump, tick, toggle. The runner reads CPU time around each of it.
import { flatten, formatMinutes, plantTree, type Row, randomFrom, type Tree } from './model.ts';

/** One way to show the tree. */
export type Page = {
  /** Resolves when the component has been given everything. */
  mount(root: HTMLElement, tree: Tree): void | Promise<void>;
  scroller(): HTMLElement;
  /** These rows have new minutes. */
  update(rows: readonly Row[]): void;
  /** Opens or closes a row, whose `expanded` says which. */
  toggle(row: Row): void | Promise<void>;
};

export type FrameTimes = { readonly ms: number; readonly frames: number; readonly fps: number; readonly maxMs: number };
export type ScrollTimes = FrameTimes & { readonly blankFrames: number };

export type Bench = {
  ready: boolean;
  mountMs: number;
  mount(): Promise<void>;
  idle(seconds: number): Promise<FrameTimes>;
  /** `looking` at every frame for blank rows costs time itself, so what is timed is not looked at. */
  scroll(pixels: number, frames: number, how: 'looking' | 'timed'): Promise<ScrollTimes>;
  jump(times: number): Promise<number[]>;
  tick(where: 'on screen' | 'anywhere', seconds: number, perSecond: number): Promise<FrameTimes>;
  toggle(times: number): Promise<number[]>;
  /** From here on, interactions are timed. */
  watchInteractions(): void;
  /** Milliseconds from every key press and click to its next paint, rounded to 8 by the browser; shorter ones than 16 count as 16. */
  interactions(): number[];
  /** Whether the first rows show their present minutes. */
  verify(): boolean;
};

declare global {
  interface Window {
    bench: Bench;
  }
}

const VISIBLE_ROWS = 16;
const MESSAGES_PER_SECOND = 50;
const GIVE_UP_FRAMES = 300;
const LONGEST_JUMPING_MS = 5_000;
/** The browser tells of no shorter interaction. */
const SHORTEST_MS = 16;
const EVENTS = { type: 'event', durationThreshold: SHORTEST_MS };

const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));

/** The frame after the changes made so far is on screen. */
async function painted(): Promise<void> {
  await nextFrame();
  await new Promise<void>((resolve) => {
    const channel = new MessageChannel();
    const done = (): void => {
      channel.port1.close();
      resolve();
    };
    channel.port1.addEventListener('message', done, { once: true });
    channel.port1.start();
    requestAnimationFrame(() => channel.port2.postMessage(null));
  });
}

function elementAt(x: number, y: number): Element | null {
  let element = document.elementFromPoint(x, y);
  for (;;) {
    const inner: Element | null | undefined = element?.shadowRoot?.elementFromPoint(x, y);
    if (inner === null || inner === undefined || inner === element) return element;
    element = inner;
  }
}

/** Whether rows with text stand at three heights of the viewport. */
function isFilled(): boolean {
  return [200, 400, 600].every((y) => {
    let element = elementAt(150, y);
    for (let up = 0; element !== null && up < 4; up++) {
      const text = element.textContent;
      if (text !== null && text.length < 400 && /Acct \d/.test(text)) return true;
      element = element.parentElement ?? (element.getRootNode() as Partial<ShadowRoot>).host ?? null;
    }
    return false;
  });
}

async function filled(): Promise<void> {
  for (let frames = 0; !isFilled() && frames < GIVE_UP_FRAMES; frames++) await nextFrame();
}

function textOf(node: Node): string {
  if (node instanceof Text) return `${node.data} `;
  if (node instanceof HTMLStyleElement || node instanceof HTMLScriptElement) return '';
  let text = node instanceof Element && node.shadowRoot !== null ? textOf(node.shadowRoot) : '';
  for (const child of node.childNodes) text += textOf(child);
  return text;
}

/** Measures frames until the returned function is called. */
function watchFrames(): () => FrameTimes {
  const started = performance.now();
  const gaps: number[] = [];
  let last = 0;
  let running = true;
  const loop = (time: number): void => {
    if (last > 0) gaps.push(time - last);
    last = time;
    if (running) requestAnimationFrame(loop);
  };
  requestAnimationFrame(loop);
  return () => {
    running = false;
    const sum = gaps.reduce((total, gap) => total + gap, 0);
    const fps = gaps.length / (sum / 1000);
    return { ms: performance.now() - started, frames: gaps.length, fps, maxMs: Math.max(...gaps) };
  };
}

export function run(page: Page): void {
  const query = new URLSearchParams(location.search);
  const tree = plantTree(Number(query.get('rows') ?? 10_000));
  const root = document.getElementById('root');
  if (root === null) throw new Error('no root');

  const timed = new Map<number, number>();

  const toTop = async (): Promise<HTMLElement> => {
    const scroller = page.scroller();
    scroller.scrollTop = 0;
    await painted();
    await filled();
    return scroller;
  };

  window.bench = {
    ready: false,
    mountMs: 0,

    async mount() {
      const started = performance.now();
      await page.mount(root, tree);
      await painted();
      await filled();
      window.bench.mountMs = performance.now() - started;
      window.bench.ready = true;
    },

    async idle(seconds) {
      const stop = watchFrames();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      return stop();
    },

    async scroll(pixels, frames, how) {
      const scroller = await toTop();
      const stop = watchFrames();
      let blankFrames = 0;
      for (let frame = 0; frame < frames; frame++) {
        await nextFrame();
        if (how === 'looking' && frame > 0 && !isFilled()) blankFrames++;
        scroller.scrollTop += pixels;
      }
      await nextFrame();
      return { ...stop(), blankFrames };
    },

    async jump(times) {
      const scroller = page.scroller();
      const height = scroller.scrollHeight - scroller.clientHeight;
      const durations: number[] = [];
      const begun = performance.now();
      for (let i = 0; i < times && performance.now() - begun < LONGEST_JUMPING_MS; i++) {
        const started = performance.now();
        scroller.scrollTop = (((i * 7_919) % 997) / 997) * height;
        await painted();
        await filled();
        durations.push(performance.now() - started);
      }
      await toTop();
      return durations;
    },

    async tick(where, seconds, perSecond) {
      await toTop();
      const flat = flatten(tree.roots);
      const targets = where === 'on screen' ? flat.slice(0, VISIBLE_ROWS) : flat;
      const random = randomFrom(7);
      const stop = watchFrames();
      const started = performance.now();
      const messages = seconds * MESSAGES_PER_SECOND;
      let sent = 0;
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const due = Math.min(messages, Math.floor(((performance.now() - started) / 1000) * MESSAGES_PER_SECOND));
          for (; sent < due; sent++) {
            const rows: Row[] = [];
            for (let i = 0; i < perSecond / MESSAGES_PER_SECOND; i++) {
              const row = targets[Math.floor(random() * targets.length)];
              if (row === undefined) continue;
              row.minutes += 1 + (i & 3);
              rows.push(row);
            }
            page.update(rows);
          }
          if (sent >= messages) {
            clearInterval(timer);
            resolve();
          }
        }, 4);
      });
      await painted();
      return stop();
    },

    async toggle(times) {
      await toTop();
      const first = tree.roots[0];
      const durations: number[] = [];
      if (first === undefined) return durations;
      for (let i = 0; i < times * 2; i++) {
        const started = performance.now();
        first.expanded = !first.expanded;
        await page.toggle(first);
        await painted();
        durations.push(performance.now() - started);
      }
      return durations;
    },

    watchInteractions() {
      new PerformanceObserver((list) => {
        for (const { interactionId, duration } of list.getEntries() as PerformanceEventTiming[])
          if (interactionId > 0) timed.set(interactionId, Math.max(duration, timed.get(interactionId) ?? SHORTEST_MS));
      }).observe(EVENTS);
    },

    interactions: () => [...timed.values()],

    verify() {
      const text = textOf(root);
      return flatten(tree.roots)
        .slice(0, 5)
        .every((row) => text.includes(formatMinutes(row.minutes)));
    },
  };
  if (!query.has('hold')) requestAnimationFrame(() => void window.bench.mount());
}
