import { type SubjectedEvent, usageOfCloudEvent } from '@tenantree/domain';
import { type EventResult, refused } from './record-events.ts';

type Recorder = (
  events: (SubjectedEvent & { attributes?: SubjectedEvent['attributes'] })[],
) => Promise<{ results: EventResult[] }>;

const MOST_EVENTS = 5_000;

/**
 * Records CloudEvents 1.0 (one, or a batch as an array) as usage events (product.md 5.1). The answer is per event, in order.
 *
 * @param record the procedure `usage.record`, as the caller of the request
 * @returns null when the body is neither an event nor a batch of 1 to 5 000
 */
export async function recordCloudEvents(body: unknown, record: Recorder): Promise<EventResult[] | null> {
  const events = Array.isArray(body) ? body : [body];
  if (events.length === 0 || events.length > MOST_EVENTS) return null;
  const results = new Array<EventResult>(events.length);
  const readable: { event: SubjectedEvent; index: number }[] = [];
  for (const [index, event] of events.entries()) {
    const read = usageOfCloudEvent(event);
    if (read.ok) readable.push({ event: read.value, index });
    else results[index] = refused(read.refusal);
  }
  if (readable.length > 0) {
    const recorded = await record(readable.map(({ event }) => event));
    for (const [i, { index }] of readable.entries()) results[index] = recorded.results[i]!;
  }
  return results;
}
