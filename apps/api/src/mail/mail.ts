/** A mail of ours: the same in plain text and in HTML. */
export type Mail = {
  /** The address, as its person typed it. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Tells a mail that is sent again from another one; without it, each sending is one of its own. */
  readonly key?: string;
};

/** Hands a mail over to whatever delivers it; rejects when it can't. */
export type SendMail = (mail: Mail) => Promise<void>;
