import { type EntryRefusal, type ErrorCode, isRecord, type Refusal } from '@tenantree/domain';

/**
 * What only the client can say of a call: the server was never asked, or nobody waits for it any more.
 *
 * - `NO_TOKEN`: `getToken` threw, or gave no token. The message says which.
 * - `ABORTED`: the caller's own signal gave the call up.
 */
export type ClientCode = 'NO_TOKEN' | 'ABORTED';

/** Why a call was refused. */
export type CallRefusal = {
  /** Stable code to decide by (docs/developers.md lists them all). */
  readonly code: ErrorCode | ClientCode;
  /** A sentence for people; it may change. */
  readonly message: string;
  /** The input field that the refusal is about, as a dotted path. */
  readonly field?: string;
  /** Id of what an earlier call made, where the refusal is about that. */
  readonly made?: string;
  /** Whether the same call, unchanged, can succeed later. */
  readonly retryable: boolean;
  /** Of a batch that is kept whole or not at all: what is refused of it, each with its position from 0. */
  readonly refusals?: readonly EntryRefusal[];
  /** Of a conflict of versions: what is there now. */
  readonly present?: NonNullable<Refusal['present']>;
  /** Of a document: all that is wrong with it, each with its JSON pointer. */
  readonly faults?: NonNullable<Refusal['faults']>;
  /** What needs a product that was to be deleted. */
  readonly users?: NonNullable<Refusal['users']>;
  /** Seconds after which trying again may help, where that is known. */
  readonly retryAfterSeconds?: number;
  /** Id under which the server logged the call; worth showing to whoever runs the server. */
  readonly requestId?: string;
};

/** No answer at all. What the machine says of it ("Failed to fetch") is the error's cause, and nothing to people. */
export const NO_ANSWER: CallRefusal = {
  code: 'UNAVAILABLE',
  message: 'The server does not answer. Check your connection and try again.',
  retryable: true,
};

/** Ends a call or an attempt to connect that no answer of the server ended: with who failed, and what happened as its cause. */
export class Unanswered extends Error {
  readonly refusal: CallRefusal;

  constructor(refusal: CallRefusal, cause?: unknown) {
    super(refusal.message, { cause });
    this.refusal = refusal;
  }
}

/** Somebody answered who is not the server: a proxy whose server is down, or whatever runs at a wrong address. `status` is that of HTTP. */
export const otherAnswer = (status: number): CallRefusal => ({
  code: 'UNAVAILABLE',
  message: `Something else than the server answered (HTTP ${status}). Try again; if it stays so, check the server’s address.`,
  retryable: true,
});

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
/** A newer server may have codes that this build doesn't know: they are passed on as they are. */
const isErrorCode = (value: unknown): value is ErrorCode => textOf(value) !== undefined;

const isRefusals = (value: unknown): value is readonly EntryRefusal[] =>
  Array.isArray(value) &&
  value.every((one) => isRecord(one) && typeof one['position'] === 'number' && isErrorCode(one['code']));

/** What a server says of a conflict or a document goes on as it is: its forms are the contract's. */
const detailsOf = ({ present, faults, users }: Readonly<Record<string, unknown>>): Partial<CallRefusal> => ({
  ...(isRecord(present) && { present: present as NonNullable<Refusal['present']> }),
  ...(Array.isArray(faults) && { faults: faults as NonNullable<Refusal['faults']> }),
  ...(Array.isArray(users) && { users: users as NonNullable<Refusal['users']> }),
});

/** The `data` of the error shape that the server sent, wherever the error came from; undefined when no server answered in our form. */
function dataOf(error: unknown): Record<string, unknown> | undefined {
  return isRecord(error) && isRecord(error['data']) ? error['data'] : undefined;
}

/** What the client said itself of the error, wherever it came from: a page may hold two copies of this module. */
function unansweredOf(error: unknown): CallRefusal | undefined {
  if (!isRecord(error)) return undefined;
  return isRecord(error['refusal']) ? (error['refusal'] as CallRefusal) : unansweredOf(error['cause']);
}

/**
 * Reads any error that a call or a subscription ended with.
 *
 * No answer of the server at all is `UNAVAILABLE` and worth retrying: with an idempotency key or `externalId` the repeat has one effect.
 * What is neither the server's nor a {@link ClientCode} is `INTERNAL` with its own message, and not worth retrying.
 */
export function refusalOf(error: unknown): CallRefusal {
  const message = (error instanceof Error && error.message) || 'The call failed.';
  const data = dataOf(error);
  if (!data) return unansweredOf(error) ?? { code: 'INTERNAL', message, retryable: false };
  const refusal = isRecord(data['refusal']) ? data['refusal'] : {};
  const field = textOf(refusal['field']);
  const made = textOf(refusal['made']);
  const requestId = textOf(data['requestId']);
  const retryAfterSeconds = refusal['retryAfterSeconds'];
  return {
    code: isErrorCode(refusal['code']) ? refusal['code'] : 'INTERNAL',
    message: textOf(refusal['message']) ?? message,
    retryable: refusal['retryable'] !== false,
    ...(field && { field }),
    ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
    ...(made && { made }),
    ...(isRefusals(refusal['refusals']) && { refusals: refusal['refusals'] }),
    ...detailsOf(refusal),
    ...(requestId && { requestId }),
  };
}

/** Whether a server really answered, in our form, that it refuses: nothing that waiting for the network would change. */
export const wasAnswered = (error: unknown): boolean => dataOf(error) !== undefined;
