import { refusalOfCloudEvent, type SubjectedEvent, usageOfCloudEvent } from '@tenantree/domain';
import { refuseWith } from '../hall/refused.ts';
import { type EventResult, refused } from './record-events.ts';

type Recorder = (events: SubjectedEvent[]) => Promise<{ results: EventResult[] }>;

const MOST_EVENTS = 5_000;

/**
 * Records CloudEvents 1.0 as usage events (product.md 5.1). A batch is answered per event, in order. One event alone is recorded or the
 * whole request is refused: what sends single events, a broker mostly, looks at the status only and forgets what was answered with 200.
 *
 * @param record the procedure `usage.record`, as the caller of the request
 * @throws Refused why a single event was not recorded, BAD_REQUEST for too large a batch
 */
export async function recordCloudEvents(sent: unknown, record: Recorder): Promise<EventResult[]> {
  if (Array.isArray(sent)) return recordBatch(sent, record);
  const [result] = await recordBatch([sent], record);
  if (result && 'code' in result) refuseWith(result.code, result.message, result.field);
  return result ? [result] : [];
}

async function recordBatch(events: readonly unknown[], record: Recorder): Promise<EventResult[]> {
  if (events.length > MOST_EVENTS) refuseWith('BAD_REQUEST', 'Send one CloudEvent, or a list of 5,000 at most.');
  const results = new Array<EventResult>(events.length);
  const readable: { event: SubjectedEvent; index: number }[] = [];
  for (const [index, event] of events.entries()) {
    const read = usageOfCloudEvent(event);
    if (read.ok) readable.push({ event: read.value, index });
    else results[index] = refused(read.refusal);
  }
  if (readable.length === 0) return results;
  const recorded = await record(readable.map(({ event }) => event));
  for (const [at, result] of recorded.results.entries()) {
    results[readable[at]!.index] = 'code' in result ? refusalOfCloudEvent(result) : result;
  }
  return results;
}

const STRUCTURED = /^application\/cloudevents/i;
const PREFIX = 'ce-';

/**
 * What a request brings, as the JSON that CloudEvents have in structured mode. In binary mode the attributes are headers that begin with
 * `ce-`, the content type is that of the data, and the body is the data.
 *
 * @throws Refused BAD_REQUEST for a header that is not percent-encoded UTF-8
 */
export function sentCloudEvents(headers: Headers, body: unknown): unknown {
  const contentType = headers.get('content-type') ?? '';
  if (STRUCTURED.test(contentType) || !headers.has(`${PREFIX}specversion`)) return body;
  const attributes = [...headers]
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => [name.slice(PREFIX.length), readHeader(name, value)]);
  return { ...Object.fromEntries(attributes), datacontenttype: contentType, data: body };
}

/** Reads an attribute's header as the HTTP binding of CloudEvents writes it: percent-encoded, and by some senders in quotes. */
function readHeader(name: string, value: string): string {
  const text = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  try {
    return decodeURIComponent(text);
  } catch {
    return refuseWith('BAD_REQUEST', 'This header is not percent-encoded UTF-8.', name);
  }
}
