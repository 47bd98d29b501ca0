import type { EventResult } from '@tenantree/contract';
import {
  type AccountId,
  refusalOfCloudEvent,
  type SubjectedEvent,
  textOfUtf8,
  usageOfCloudEvent,
} from '@tenantree/domain';
import { refuseWith } from '../hall/refused.ts';
import { refused } from './record-events.ts';

/** The procedure `usage.record` of the caller, as an account. */
export type RecordIn = (account: AccountId, events: readonly SubjectedEvent[]) => Promise<readonly EventResult[]>;

const MOST_EVENTS = 5_000;

/**
 * Records CloudEvents 1.0 as usage events (rules/usage 6). A batch is answered per event, in order. One event alone is recorded or the
 * whole request is refused: what sends single events, a broker mostly, looks at the status only and forgets what was answered with 200.
 *
 * @param parts the accounts that the caller reaches, each with what is below it
 * @throws Refused why a single event was not recorded, BAD_REQUEST for too large a batch, or what `usage.record` refuses as a whole
 */
export async function recordCloudEvents(
  sent: unknown,
  parts: readonly AccountId[],
  recordIn: RecordIn,
): Promise<EventResult[]> {
  if (Array.isArray(sent)) return recordBatch(sent, parts, recordIn);
  const [result] = await recordBatch([sent], parts, recordIn);
  if (result && 'code' in result) refuseWith(result.code, result.message, result.field);
  return result ? [result] : [];
}

async function recordBatch(
  events: readonly unknown[],
  parts: readonly AccountId[],
  recordIn: RecordIn,
): Promise<EventResult[]> {
  if (events.length > MOST_EVENTS) refuseWith('BAD_REQUEST', 'Send one CloudEvent, or a list of 5,000 at most.');
  const results = new Array<EventResult>(events.length);
  let readable: { event: SubjectedEvent; index: number }[] = [];
  for (const [index, event] of events.entries()) {
    const read = usageOfCloudEvent(event);
    if (read.ok) readable.push({ event: read.value, index });
    else results[index] = refused(read.refusal);
  }
  for (const part of parts) {
    if (readable.length === 0) break;
    const recorded = await recordIn(
      part,
      readable.map(({ event }) => event),
    );
    for (const [at, result] of recorded.entries()) {
      results[readable[at]!.index] = 'code' in result ? refusalOfCloudEvent(result) : result;
    }
    readable = readable.filter((_, at) => isElsewhere(recorded[at]!));
  }
  return results;
}

const isElsewhere = (result: EventResult): boolean => 'code' in result && result.code === 'NOT_FOUND';

const STRUCTURED = /^application\/cloudevents/i;
const PREFIX = 'ce-';

/**
 * What a request brings, as the JSON that CloudEvents have in structured mode. In binary mode the attributes are headers that begin with
 * `ce-`, the content type is that of the data, and the body is the data.
 */
export function sentCloudEvents(headers: Headers, body: unknown): unknown {
  const contentType = headers.get('content-type') ?? '';
  if (STRUCTURED.test(contentType) || !headers.has(`${PREFIX}specversion`)) return body;
  const attributes = [...headers]
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => [name.slice(PREFIX.length), readHeader(value)]);
  return { ...Object.fromEntries(attributes), datacontenttype: contentType, data: body };
}

/**
 * Reads an attribute's header. The HTTP binding wants it percent-encoded and allows quotes around it; common senders write the text as it
 * is, in UTF-8 or Latin-1, so what is no encoding is taken for the text itself.
 */
function readHeader(value: string): string {
  const unquoted = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  // Headers are read byte by byte as Latin-1; most who write more than ASCII write UTF-8.
  const text = textOfUtf8(Buffer.from(unquoted, 'latin1')) ?? unquoted;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
