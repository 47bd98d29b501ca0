/** A mail of ours, in plain text. */
export type Mail = {
  /** The address, as its person typed it. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
};

/** Hands a mail over to whatever delivers it; rejects when it can't. */
export type SendMail = (mail: Mail) => Promise<void>;
