import { SMTPServer } from 'smtp-server';

/** A mail as a mail server got it. */
export type TakenMail = {
  readonly to: readonly string[];
  /** With its lines joined again where they were broken for the way. */
  readonly text: string;
};

/** A mail server that keeps what it takes. */
export type MailServer = {
  readonly url: string;
  readonly taken: TakenMail[];
  /** What it was told, line by line. */
  readonly said: string[];
  close(): Promise<void>;
};

/** Starts a mail server. @param refuses whom it doesn't know, asked each time */
export async function startMailServer(
  refuses: (address: string) => boolean | Promise<boolean> = () => false,
): Promise<MailServer> {
  const taken: TakenMail[] = [];
  const said: string[] = [];
  const silent = (): void => undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: {
      level: silent,
      trace: silent,
      debug: (_about: unknown, way: string, line: string) => void (way === 'C:' && said.push(line)),
      info: silent,
      warn: silent,
      error: silent,
      fatal: silent,
    },
    onRcptTo: ({ address }, _session, callback) => {
      const refusal = Object.assign(new Error('nobody here'), { responseCode: 550 });
      const answer = async (): Promise<void> => callback((await refuses(address)) ? refusal : null);
      void answer();
    },
    onData: (stream, { envelope: { rcptTo } }, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8').replaceAll('=\r\n', '').replaceAll('=3D', '=');
        taken.push({ to: rcptTo.map(({ address }) => address), text });
        callback(null);
      });
    },
  });
  const listening = Promise.withResolvers<number>();
  const { server: socket } = server;
  server.listen(0, '127.0.0.1', () => {
    const address = socket.address();
    listening.resolve(typeof address === 'object' && address ? address.port : 0);
  });
  return {
    url: `smtp://127.0.0.1:${await listening.promise}`,
    taken,
    said,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
