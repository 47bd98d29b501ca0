import { readFileSync } from 'node:fs';
import { createTenantree, type Tenantree } from '@tenantree/client';
import { billingPeriodOf, instantOf, msOf } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deploy } from '../../../apps/api/test/support/deployment.ts';
import { runDemo } from '../demo.ts';

const read = (name: string): string => readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8');
const linesOf = (text: string): string[] => text.trimEnd().split('\n');
/** Two regions with some of their countries, and every twentieth call. */
const files = {
  accounts: linesOf(read('accounts-iso3166.csv'))
    .filter((line, index) => index === 0 || /^(iso|r150|s039|AL|AL-\w+|r142|s034|AF|AF-\w+),/.test(line))
    .join('\n'),
  calls: linesOf(read('calls-1999-08.csv'))
    .filter((_, index) => index === 0 || index % 20 === 0)
    .join('\n'),
};

const clock = { aheadMs: 0, nowMs: (): number => Date.now() + clock.aheadMs };
let deployment: Deployment;
let client: Tenantree;
beforeAll(async () => {
  deployment = await deploy({ clock });
  const { secret } = await deployment.key(deployment.root);
  client = createTenantree({ url: deployment.url, getToken: async () => secret });
});
afterAll(async () => {
  client.close();
  await deployment.close();
});

async function bill(): Promise<{ readonly outcome: string; readonly said: string[] }> {
  const said: string[] = [];
  const outcome = await runDemo({
    options: {
      url: deployment.url,
      key: '',
      speed: 'max',
      reseller: 'World',
      limit: null,
      bill: 'month',
      blueprint: 'nothing',
    },
    files,
    trpc: client.trpc,
    signal: new AbortController().signal,
    line: { show: () => undefined, end: () => undefined },
    say: (text) => said.push(text),
  });
  return { outcome, said };
}

describe('the bill of the demo', () => {
  it('comes to what the file does: so far, and when the month is closed', async () => {
    const running = await bill();
    expect(running.said.at(-1), running.said.join('\n')).toBe(
      'Every figure of the bill is what the file comes to, to the last cent.',
    );
    expect(running.outcome).toBe('equal');
    clock.aheadMs = msOf(billingPeriodOf(instantOf(Date.now())).end) + 13 * 3_600_000 - Date.now();
    const closed = await bill();
    expect(closed.outcome, closed.said.join('\n')).toBe('equal');
    expect(closed.said.some((line) => /is closed: invoice INV-/.test(line))).toBe(true);
    const sumsOf = (said: string[]) => said.filter((line) => /^(Invoice|World owes|Left| {2})/.test(line));
    expect(sumsOf(closed.said)).toEqual(sumsOf(running.said));
  });
});
