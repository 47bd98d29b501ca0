import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowId } from '@tenantree/domain';
import type { SendMail } from './mail.ts';

type Parts = {
  readonly folder: string;
  /** Names files so that they sort by time. */
  readonly newId: () => RowId;
  /** Shows a mail to whoever runs the server. */
  readonly print: (text: string) => void;
};

/**
 * Where mails go without a mail server: each into a file that only the server's user can read, and onto the console (rules/people 13).
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

export type SmtpSettings = {
  /** `smtp://` or `smtps://`, with user and password if it asks for them. */
  readonly url: string;
  /** The address that mails come from, with or without a name. */
  readonly from: string;
};

/** Longest that a mail server may take to be reached, to greet, and to go on (ms). */
const PATIENCE_MS = 10_000;

/** Sends mails through a mail server; rejects when it doesn't take one. */
export function createSmtp({ url, from }: SmtpSettings): SendMail {
  const server = { url, connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS };
  const host = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'tenantree';
  return async ({ to, key, ...mail }) => {
    // Loaded with the first mail: no start waits for it.
    const { createTransport } = await import('nodemailer');
    // As an object, so that nothing in an address is read as a second one.
    const address = { name: '', address: to };
    await createTransport(server).sendMail({
      from,
      to: address,
      ...mail,
      ...(key && { messageId: `<${key}@${host}>` }),
    });
  };
}
