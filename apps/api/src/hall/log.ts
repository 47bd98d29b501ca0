import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const SECRET_FIELDS = ['authorization', 'cookie', '["set-cookie"]', 'password', 'token', 'key', 'secret'];

/** Every secret field by itself and up to two objects down. */
const REDACTED = SECRET_FIELDS.flatMap((field) => {
  const behind = field.startsWith('[') ? field : `.${field}`;
  return [field, `*${behind}`, `*.*${behind}`];
});

const SECRET_TEXT = /tt_(key|embed|invite|transfer|setup|reset)_[\w-]+/g;

/** A text without the secrets that we make: they tell by their beginning. */
export const withoutSecrets = (text: string): string => text.replace(SECRET_TEXT, 'tt_$1_…');

type LogOptions = { readonly level: LevelWithSilent; readonly destination?: DestinationStream };

/**
 * The log: one JSON object per line on standard output. Secrets never reach it (rules/server 15): known fields are removed, and what
 * looks like one of our keys, tokens or links is cut wherever it stands. Of errors only kind, message and place are written, since the
 * database's errors repeat the values of the row.
 */
export const createLog = ({ level, destination }: LogOptions): Logger => {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '…' },
    serializers: { err: describeError },
    hooks: { streamWrite: withoutSecrets },
  };
  return destination ? pino(options, destination) : pino(options);
};

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  return { type: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}
