import { isDeeperThan, MAX_JSON_DEPTH } from '@tenantree/domain';
import { refuseWith } from '../hall/refused.ts';

/** Largest bodies that are read (bytes, reliability.md 4). */
export const BODY_BYTES = { usual: 1_048_576, usage: 4_194_304 } as const;

/** Whether a body says of itself that it is too large. */
export const isDeclaredTooLarge = (headers: Headers, mostBytes: number): boolean =>
  Number(headers.get('content-length') ?? 0) > mostBytes;

/** @throws Refused PAYLOAD_TOO_LARGE always */
export const refuseTooLarge = (mostBytes: number): never =>
  refuseWith('PAYLOAD_TOO_LARGE', `Send no more than ${mostBytes / 1_048_576} MiB at once.`);

/**
 * Reads a JSON body of bounded size and depth.
 *
 * @param envelopes levels around what the caller wrote, which don't count
 * @throws Refused PAYLOAD_TOO_LARGE, BAD_REQUEST (not JSON, or nested too deep)
 */
export async function readJson(request: Request, mostBytes: number, envelopes = 0): Promise<unknown> {
  if (isDeclaredTooLarge(request.headers, mostBytes)) refuseTooLarge(mostBytes);
  // With a declared length the HTTP parser itself reads no more than that.
  const text = request.headers.has('content-length') ? await request.text() : await readBounded(request, mostBytes);
  return parseJson(text, envelopes);
}

/** Parses JSON from outside. What stands in it is the reader's question (`checkStorable`). @throws Refused BAD_REQUEST */
export function parseJson(text: string, envelopes = 0): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuseWith('BAD_REQUEST', 'This is not JSON.');
  }
  if (!isDeeperThan(MAX_JSON_DEPTH + envelopes, value)) return value;
  return refuseWith('BAD_REQUEST', `This request is nested deeper than ${MAX_JSON_DEPTH} levels.`);
}

async function readBounded(request: Request, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) refuseTooLarge(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
