import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { vi } from 'vitest';
import type { OtherBrowser } from './other-browser.ts';

/** Debian's packages: webkit2gtk-driver, and xvfb for a screen. */
export const WEBKIT_DRIVER = '/usr/bin/WebKitWebDriver';
export const SCREEN = '/usr/bin/Xvfb';

/** Keys in WebDriver's own characters. */
const KEYS = { Enter: '\uE007', Escape: '\uE00C', ArrowLeft: '\uE012', Backspace: '\uE003', Tab: '\uE004' } as const;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill();
  await gone;
}

/** A screen that nobody sees, on a number that is free. */
async function startScreen(): Promise<{ readonly child: ChildProcess; readonly display: string }> {
  const child = spawn(SCREEN, ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [number] = (await once(child.stdio[3] as Readable, 'data')) as [Buffer];
  return { child, display: `:${number.toString().trim()}` };
}

/** Starts WebKitGTK's own small browser, over plain WebDriver. */
export async function openWebKit(): Promise<OtherBrowser> {
  const screen = await startScreen();
  const port = randomInt(20_000, 30_000);
  const driver = spawn(WEBKIT_DRIVER, ['--host=127.0.0.1', `--port=${port}`], {
    env: { ...process.env, DISPLAY: screen.display },
    stdio: 'ignore',
  });

  const ask = async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  await vi.waitFor(() => ask('GET', '/status'), { timeout: 10_000, interval: 50 });
  const capabilities = { alwaysMatch: {} };
  const { sessionId } = await ask<{ readonly sessionId: string }>('POST', '/session', { capabilities });
  const session = `/session/${sessionId}`;
  await ask('POST', `${session}/window/rect`, { width: 1280, height: 900 });

  const act = (actions: object): Promise<null> => ask('POST', `${session}/actions`, { actions: [actions] });
  const strike = (text: string): Promise<null> =>
    act({
      type: 'key',
      id: 'keyboard',
      actions: Array.from(text).flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]),
    });
  return {
    open: async (url) => void (await ask('POST', `${session}/url`, { url })),
    read: (body, given) =>
      ask('POST', `${session}/execute/sync`, { script: `const given = arguments[0]; ${body}`, args: [given ?? null] }),
    clickAt: async (x, y) =>
      void (await act({
        type: 'pointer',
        id: 'mouse',
        parameters: { pointerType: 'mouse' },
        actions: [
          { type: 'pointerMove', duration: 0, origin: 'viewport', x, y },
          { type: 'pointerDown', button: 0 },
          { type: 'pointerUp', button: 0 },
        ],
      })),
    type: async (text) => void (await strike(text)),
    press: async (key) => void (await strike(KEYS[key])),
    close: async () => {
      await ask('DELETE', session).catch(() => undefined);
      await end(driver);
      await end(screen.child);
    },
  };
}
