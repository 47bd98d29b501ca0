import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import type { Client } from './clients.ts';

/** Minutes of each event that a sender sends. */
export const MINUTES = 0.25;

/**
 * Somebody who sends usage until told to stop, each event again and again until it is acknowledged, as integrators are told to.
 *
 * @param pauseMs that passes between two of them
 * @returns how many were
 */
export async function send(
  client: Client,
  accounts: readonly string[],
  until: AbortSignal,
  pauseMs = 0,
): Promise<number> {
  let acknowledged = 0;
  while (!until.aborted) {
    const event = {
      meter: 'call.minutes',
      quantity: String(MINUTES),
      occurredAt: new Date().toISOString(),
      idempotencyKey: randomUUID(),
    };
    const account = accounts[randomInt(accounts.length)]!;
    for (let told = false; !told; ) {
      told = await client.usage.record.mutate({ account, events: [event] }).then(
        ({ results }) => results.every(({ status }) => status === 'accepted' || status === 'duplicate'),
        () => pass(20, false),
      );
    }
    acknowledged += 1;
    if (pauseMs > 0) await pass(pauseMs);
  }
  return acknowledged;
}

/** A branch with two leaves to send usage for. @returns the leaves */
export async function plantTree(client: Client, root: string): Promise<string[]> {
  const { account: branch } = await client.accounts.create.mutate({ account: root, name: 'Branch' });
  const leaves = ['East', 'West'].map((name) => client.accounts.create.mutate({ account: branch.id, name }));
  return (await Promise.all(leaves)).map(({ account }) => account.id);
}
