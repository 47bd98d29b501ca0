import { randomUUID } from 'node:crypto';
import type { EventToRecord } from '../../../packages/db/src/index.ts';
import { idOf } from '../database.ts';

const FIRST_LEAF = 1_112;
const LEAVES = 10_000;
const REPEATED_SHARE = 0.05;
const REMEMBERED = 5_000;

/** Calls of the last minutes on random leaves of the tree; some are sent a second time, with the same key and content. */
export class EventSource {
  private readonly sent: EventToRecord[] = [];
  private readonly active: number;

  /** @param active leaves that calls come from, spread over the tree */
  constructor(active: number = LEAVES) {
    this.active = active;
  }

  take(count: number): EventToRecord[] {
    return Array.from({ length: count }, () => this.next());
  }

  private next(): EventToRecord {
    const { sent } = this;
    const again = sent[Math.floor(Math.random() * sent.length)];
    if (again !== undefined && Math.random() < REPEATED_SHARE) return again;
    const event = newEvent(this.active);
    if (sent.length < REMEMBERED) sent.push(event);
    else sent[Math.floor(Math.random() * REMEMBERED)] = event;
    return event;
  }
}

function newEvent(active: number): EventToRecord {
  return {
    root: idOf(1) as EventToRecord['root'],
    account: idOf(
      FIRST_LEAF + Math.floor(Math.random() * active) * Math.floor(LEAVES / active),
    ) as EventToRecord['account'],
    key: randomUUID(),
    quantity: (Math.floor(Math.random() * 600) / 100).toString() as EventToRecord['quantity'],
    occurredAt: new Date(Date.now() - Math.random() * 600_000).toISOString() as EventToRecord['occurredAt'],
    attributes: {},
  };
}
