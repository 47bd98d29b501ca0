import { type FairQueue, isNestedDeeper, MAX_JSON_DEPTH, type Refusal, textOfUtf8 } from '@tenantree/domain';
import { Refused, refuseWith } from '../hall/refused.ts';

/**
 * Largest bodies and messages that are read (bytes, rules/server 2): of callers who have not been recognised, of calls, and of one call
 * that records usage.
 */
export const BODY_BYTES = { unrecognised: 65_536, usual: 1_048_576, usage: 4_194_304 } as const;

/** The procedure whose single call may be as large as `BODY_BYTES.usage`. */
export const RECORDS_USAGE = 'usage.record';

const MEDIA_TYPE = /^application\/(json|[\w.-]+\+json)\s*(;|$)/i;

/** How many bytes a body says it has; null when it doesn't say. */
export function declaredBytes(headers: Headers): number | null {
  const length = headers.get('content-length');
  return length === null ? null : Number(length);
}

/** What whoever sends more than so many bytes is told. */
export const tooLarge = (mostBytes: number): Refusal => ({
  code: 'PAYLOAD_TOO_LARGE',
  message: `Send no more than ${sizeOf(mostBytes)} at once.`,
});

/** @throws Refused PAYLOAD_TOO_LARGE always */
export function refuseTooLarge(mostBytes: number): never {
  throw new Refused(tooLarge(mostBytes));
}

const sizeOf = (bytes: number): string => (bytes < 1_048_576 ? `${bytes / 1_024} KiB` : `${bytes / 1_048_576} MiB`);

/** Refuses a body that isn't said to be plain JSON, before any of it is read. @throws Refused UNSUPPORTED_MEDIA_TYPE */
export function checkMediaType(headers: Headers): void {
  if (!MEDIA_TYPE.test(headers.get('content-type') ?? '')) {
    refuseWith('UNSUPPORTED_MEDIA_TYPE', 'Send JSON, with the header “content-type: application/json”.');
  }
  if (!/^(identity)?$/i.test(headers.get('content-encoding') ?? '')) {
    refuseWith('UNSUPPORTED_MEDIA_TYPE', 'Send the body as it is, without content-encoding.');
  }
}

/** Bodies of more bytes are parsed one in a turn of the event loop, in turns of their senders. */
const PARSED_AT_ONCE = 8_192;

/** Reads the JSON body of one request. @param envelopes levels around what the caller wrote, which don't count @throws Refused */
export type ReadJson = (mostBytes: number, envelopes?: number) => Promise<unknown>;

/**
 * Reads JSON bodies of bounded size and depth; both are known before anything is built of them.
 *
 * @param parsing whose body is parsed next
 * @throws Refused UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, BAD_REQUEST (not JSON, or nested too deep)
 */
export const jsonReader =
  (request: Request, sender: string, parsing: FairQueue): ReadJson =>
  async (mostBytes, envelopes = 0) => {
    checkMediaType(request.headers);
    const declared = declaredBytes(request.headers);
    if (declared !== null && declared > mostBytes) refuseTooLarge(mostBytes);
    const bytes = await readBytes(request, mostBytes);
    if (bytes.byteLength <= PARSED_AT_ONCE) return parseJson(bytes, envelopes);
    return parsing.run(sender, async () => {
      await new Promise((turn) => setImmediate(turn));
      return parseJson(bytes, envelopes);
    });
  };

/** Reads a body of bounded size as it is. @throws Refused PAYLOAD_TOO_LARGE, BAD_REQUEST (it ended too early) */
export async function readBytes(request: Request, mostBytes: number): Promise<Uint8Array> {
  try {
    // With a declared length the HTTP parser itself reads no more than that.
    if (request.headers.has('content-length')) return new Uint8Array(await request.arrayBuffer());
    return await readBounded(request, mostBytes);
  } catch (error) {
    // Its sender went away, or was cut for being slow.
    throw error instanceof Refused ? error : new Refused({ code: 'BAD_REQUEST', message: 'The body ended too early.' });
  }
}

/**
 * Parses JSON from outside. What stands in it is the reader's question (`checkStorable`). Text in another encoding than UTF-8 is refused:
 * read all the same, it would be kept with � in place of what its sender wrote.
 *
 * @throws Refused BAD_REQUEST
 */
export function parseJson(bytes: Uint8Array, envelopes = 0): unknown {
  if (isNestedDeeper(bytes, MAX_JSON_DEPTH + envelopes)) {
    refuseWith('BAD_REQUEST', `This request is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  }
  const text = textOfUtf8(bytes) ?? refuseWith('BAD_REQUEST', 'This is not UTF-8, in which JSON is written.');
  try {
    return JSON.parse(text);
  } catch {
    return refuseWith('BAD_REQUEST', 'This is not JSON.');
  }
}

async function readBounded(request: Request, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) refuseTooLarge(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An input stands two levels below its message, and one more when several calls come in one message. */
const ENVELOPE_LEVELS = 2;
const LIST_OPENS = 0x5b;
const BLANKS = new Set(Buffer.from(' \t\r\n'));

/** Reads a message from a socket; null stands for one that is no text. @throws Refused BAD_REQUEST when it is no JSON that is read from outside (rules/server 3) */
export function readMessage(bytes: Uint8Array | null): unknown {
  const list = bytes?.find((byte) => !BLANKS.has(byte)) === LIST_OPENS ? 1 : 0;
  return parseJson(bytes ?? new Uint8Array(), ENVELOPE_LEVELS + list);
}
