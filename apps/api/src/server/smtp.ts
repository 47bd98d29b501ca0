import { createTransport } from 'nodemailer';
import type { SendMail } from '../hall/mail.ts';

export type SmtpSettings = {
  /** `smtp://` or `smtps://`, with user and password if it asks for them. */
  readonly url: string;
  /** The address that mails come from, with or without a name. */
  readonly from: string;
};

/** Longest that a mail server may take to be reached, to greet, and to go on (ms). */
const PATIENCE_MS = 10_000;

/** Sends mails through a mail server. A mail that it doesn't take is lost, and told to the log. */
export function createSmtp({ url, from }: SmtpSettings): SendMail {
  const transport = createTransport({
    url,
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
  });
  return async ({ to, subject, text }) => {
    // As an object, so that nothing in an address is read as a second one.
    await transport.sendMail({ from, to: { name: '', address: to }, subject, text });
  };
}
