import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowId } from '@tenantree/domain';
import type { SendMail } from '../hall/mail.ts';

type Parts = {
  readonly folder: string;
  /** Names files so that they sort by time. */
  readonly newId: () => RowId;
  /** Shows a mail to whoever runs the server. */
  readonly print: (text: string) => void;
};

/**
 * Where mails go without a mail server: each into a file that only the server's user can read, and onto the console (product.md 9).
 * They never go into the log, because their links are secrets.
 */
export const createOutbox =
  ({ folder, newId, print }: Parts): SendMail =>
  async ({ to, subject, text }) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, `${newId()}.eml`);
    const head = `To: ${to}\nSubject: ${subject}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n`;
    await writeFile(file, `${head}\n${text}\n`, { mode: 0o600, flag: 'wx' });
    print(`\nMail to ${to} (${file}):\n\n${text}\n\n`);
  };
