import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from '../apps/api/test/support/clients.ts';
import { type Deployment, deploy } from '../apps/api/test/support/deployment.ts';
import { CONTRACT } from '../packages/contract/src/index.ts';
import { ERROR_CODES } from '../packages/domain/src/errors.ts';
import { type CurlExample, curlExamples } from './curl-examples.ts';

const read = (name: string): string => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');
const ROW = /^\| `([A-Z_]+)` *\| (\d{3}) *\| (yes|no) *\| (.+?) *\|$/gm;
const DAY_MS = 86_400_000;

let deployment: Deployment;
let examples: readonly CurlExample[];
beforeAll(async () => {
  deployment = await deploy();
  const { secret } = await deployment.key(deployment.root);
  const { owner, root } = deployment;
  const preset = await owner.presets.save.mutate({ account: root, name: 'Client', levels: { tasks: 'read' } });
  const { resumeId } = await owner.accounts.list.query({ account: root });
  const today = new Date().toISOString().slice(0, 10);
  const filled = `${read('developers.md')}\n${read('resellers.md')}`
    .replaceAll('YOUR-ACCOUNT-ID', deployment.root)
    .replaceAll('YOUR-PRESET-ID', preset.id)
    .replaceAll('YOUR-RESUME-ID', resumeId)
    .replaceAll('you@example.com', deployment.email)
    .replaceAll('your password', PASSWORD)
    .replaceAll('"NOW"', JSON.stringify(new Date().toISOString()))
    .replaceAll('"TODAY"', JSON.stringify(`${today}T00:00:00Z`))
    .replaceAll('"TOMORROW"', JSON.stringify(new Date(Date.parse(today) + DAY_MS).toISOString()));
  examples = curlExamples(filled, { TT: deployment.url, KEY: secret });
});
afterAll(() => deployment.close());

/** What an example answers; of a stream, its beginning. */
async function answerOf({ url, init }: CurlExample): Promise<{ status: number; text: string }> {
  const headers = new Headers(init.headers);
  // what curl would read from its cookie file
  if (!headers.has('authorization')) headers.set('cookie', deployment.headers['cookie'] ?? '');
  const response = await fetch(url, { ...init, headers });
  if (response.headers.get('content-type') !== 'text/event-stream')
    return { status: response.status, text: await response.text() };
  let text = '';
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  while (!/^id: /m.test(text)) text += (await reader.read()).value ?? '';
  await reader.cancel();
  return { status: response.status, text };
}

describe('the pages for developers and resellers', () => {
  it('list every error code with its status and whether retrying helps, in the order of the registry', () => {
    const listed = [...read('developers.md').matchAll(ROW)].map(([, code, status, retry]) => ({
      code,
      status: Number(status),
      retryable: retry === 'yes',
    }));
    expect(listed).toEqual(Object.entries(ERROR_CODES).map(([code, rule]) => ({ code, ...rule })));
  });

  it('have examples that work as they stand, one after the other', async () => {
    expect(examples.length).toBeGreaterThanOrEqual(11);
    const answers = new Map<string, string>();
    for (const example of examples) {
      const { status, text } = await answerOf(example);
      expect(status, `${example.text}\n${text}`).toBe(200);
      answers.set(new URL(example.url).pathname, text);
    }
    expect(answers.get('/trpc/accounts.create')).toContain('"created":true');
    expect(answers.get('/trpc/accounts.createMany')?.match(/"created":true/g)).toHaveLength(3);
    expect(answers.get('/trpc/usage.record')).toContain('"results":[{"status":"accepted"}],"accepted":1');
    expect(answers.get('/v1/usage/events')).toContain('"status":"accepted"');
    expect(answers.get('/trpc/usage.totals')).toContain('"total":"3.25"');
    expect(answers.get('/trpc/usage.live')).toContain('"4.75"');
    expect(answers.get('/trpc/embed.createToken')).toContain('tt_embed_');
    // What makes up control: every procedure of it has an example that works, but one that is silent until somebody comes near a limit.
    const control = Object.entries(CONTRACT)
      .filter(([name]) => ['permissions', 'presets', 'limits'].includes(name))
      .flatMap(([name, procedures]) => Object.keys(procedures).map((key) => `/trpc/${name}.${key}`));
    expect(control.filter((path) => !answers.has(path))).toEqual(['/trpc/limits.liveNear']);
  });
});
