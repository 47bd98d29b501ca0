import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Whether a process with this number lives, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The numbers at the beginning of a file, one in a line; none when there is no such file. */
export async function readNumbers(file: string): Promise<number[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const numbers: number[] = [];
  for (const line of text.split('\n')) {
    if (!/^\d+$/.test(line)) break;
    numbers.push(Number(line));
  }
  return numbers;
}

/**
 * When a process started, in the system's ticks since it was booted: its number alone may be somebody else's after a crash or a reboot.
 * 0 where the system doesn't say.
 */
async function startOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is a name in brackets, which may hold anything; the start is the 22nd.
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
}

/** What a process was called with, one argument each; empty when that can't be seen. */
export async function commandOf(pid: number): Promise<string[]> {
  if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'args=', '-p', String(pid)], (_, text) => resolve(text.trim().split(' ')));
  });
}

/** What a living process writes about itself into what belongs to it, for `ownerOf`. */
export const ownerText = async (): Promise<string> => `${process.pid}\n${await startOf(process.pid)}\n`;

/** The living process that something belongs to, by the file in which it says so. */
export async function ownerOf(file: string): Promise<number | null> {
  const [pid, started] = await readNumbers(file);
  if (pid === undefined || !isAlive(pid)) return null;
  return started === undefined || started === (await startOf(pid)) ? pid : null;
}
