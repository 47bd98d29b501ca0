import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from '../src/refusal-of.ts';
import { connect, type TickerClient } from './ticker-client.ts';
import { createLog, startTicker, type TickerServer } from './ticker-server.ts';

let server: TickerServer;
let client: TickerClient;
beforeAll(async () => {
  server = await startTicker({ log: createLog() });
  client = connect({ url: server.url });
});
afterAll(async () => {
  client.close();
  await server.kill();
});

describe('a refusal', () => {
  it('names code, field, sentence and request of what the server said', async () => {
    expect(await client.trpc.rename.mutate({ name: 'Asia' }).catch(refusalOf)).toEqual({
      code: 'NAME_TAKEN',
      message: 'There is a Asia already.',
      field: 'name',
      retryable: false,
      requestId: 'r-1',
    });
  });

  it('that a server of ours did not word is INTERNAL and worth retrying', async () => {
    expect(await client.trpc.crash.query().catch(refusalOf)).toMatchObject({ code: 'INTERNAL', retryable: true });
  });

  it('is UNAVAILABLE and worth retrying when no server answers', async () => {
    const nobody = await startTicker({ log: createLog() });
    await nobody.kill();
    const { trpc, close } = connect({ url: nobody.url });
    expect(await trpc.whoami.query().catch(refusalOf)).toEqual({
      code: 'UNAVAILABLE',
      message: 'The server does not answer. Check your connection and try again.',
      retryable: true,
    });
    close();
  });

  it('is UNAVAILABLE when something else than the server answers, such as the page of a proxy', async () => {
    const { trpc, close } = connect({
      url: server.url,
      fetch: async () => new Response('<h1>502</h1>', { status: 502 }),
    });
    expect(await trpc.whoami.query().catch(refusalOf)).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    close();
  });

  it('keeps a code that only a newer server knows', () => {
    const error = { data: { refusal: { code: 'TIDE_TOO_LOW', message: 'Wait for the flood.', retryable: true } } };
    expect(refusalOf(error)).toEqual({ code: 'TIDE_TOO_LOW', message: 'Wait for the flood.', retryable: true });
  });

  it('is not made up for errors that no call made', () => {
    expect(refusalOf(new TypeError('x is not a function'))).toEqual({
      code: 'INTERNAL',
      message: 'x is not a function',
      retryable: false,
    });
    expect(refusalOf('nonsense')).toMatchObject({ code: 'INTERNAL', retryable: false });
  });
});
