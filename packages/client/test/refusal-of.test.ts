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

  it.each([
    ['a page', '<h1>Bad gateway</h1>'],
    ['an error in a form of its own', '{"error":"Bad gateway"}'],
    ['a message in a form of its own', '{"message":"Bad gateway"}'],
    ['nothing', 'null'],
    ['fewer answers than calls', '[]'],
  ])('names who answered when it was not the server, but %s', async (_, body) => {
    const { trpc, close } = connect({ url: server.url, fetch: async () => new Response(body, { status: 502 }) });
    expect(await trpc.whoami.query().catch(refusalOf)).toEqual({
      code: 'UNAVAILABLE',
      message:
        'Something else than the server answered (HTTP 502). Try again; if it stays so, check the server’s address.',
      retryable: true,
    });
    close();
  });

  it.each([
    ['throws', () => Promise.reject(new Error('The portal answered 500.')), 'The portal answered 500.'],
    ['gives nothing', async () => undefined, 'What it gave is no token.'],
    ['gives an empty text', async () => '', 'What it gave is no token.'],
    ['gives what no header can carry', async () => 'two\nlines', 'What it gave is no token.'],
  ])('says so when getToken %s, and nothing is sent', async (_, getToken, why) => {
    let sent = 0;
    const { trpc, close } = connect({
      url: server.url,
      getToken: getToken as () => Promise<string>,
      fetch: (...asked) => ((sent += 1), fetch(...asked)),
    });
    expect(await trpc.whoami.query().catch(refusalOf)).toEqual({
      code: 'NO_TOKEN',
      message: `There is no token: getToken failed. ${why}`,
      retryable: true,
    });
    expect(sent).toBe(0);
    close();
  });

  it.each(['before', 'while it is under way'])('says that the caller gave the call up, %s', async (when) => {
    const leave = new AbortController();
    const giveUp = (): void => leave.abort(new Error('Left the page.'));
    const { trpc, close } = connect({ url: server.url, fetch: (...asked) => (giveUp(), fetch(...asked)) });
    if (when === 'before') giveUp();
    const refused = await trpc.whoami.query(undefined, { signal: leave.signal }).catch(refusalOf);
    expect(refused).toEqual({ code: 'ABORTED', message: 'Left the page.', retryable: false });
    close();
  });

  it('that the caller gave a call up before it was sent is true: it is not done, and those beside it are', async () => {
    const asked = Promise.withResolvers<void>();
    const token = Promise.withResolvers<string>();
    const sent: unknown[] = [];
    const { trpc, close } = connect({
      url: server.url,
      getToken: () => (asked.resolve(), token.promise),
      fetch: (to, init) => (sent.push(init?.body), fetch(to, init)),
    });
    const leave = new AbortController();
    const left = trpc.rename.mutate({ name: 'Africa' }, { signal: leave.signal }).catch(refusalOf);
    const stayed = trpc.rename.mutate({ name: 'Asia' }).catch(refusalOf);
    await asked.promise;
    leave.abort();
    token.resolve('token');
    expect(await left).toMatchObject({ code: 'ABORTED' });
    expect(await stayed).toMatchObject({ code: 'NAME_TAKEN' });
    expect(sent).toEqual(['{"0":{"name":"Asia"}}']);
    close();
  });

  it('of an input that can’t be written says so, and leaves the other calls of its request alone', async () => {
    const { trpc, close } = connect({ url: server.url });
    const [wrong, right] = await Promise.all([
      trpc.rename.mutate({ name: 1n as never }).catch(refusalOf),
      trpc.rename.mutate({ name: 'Asia' }).catch(refusalOf),
    ]);
    expect(wrong).toEqual({
      code: 'INTERNAL',
      message: expect.stringContaining('BigInt'),
      retryable: false,
    });
    expect(right).toMatchObject({ code: 'NAME_TAKEN' });
    close();
  });

  it.each(['', '/accounts', 'accounts.example', 'ftp://accounts.example'])(
    'is not needed for “%s”, which is no address: there is no client for it',
    (url) => {
      expect(() => connect({ url })).toThrow(
        `“${url}” is no server’s address. Name it in full, for example https://accounts.example.com.`,
      );
    },
  );

  it('of a batch says what is refused of it, and where', () => {
    const refusals = [{ position: 3, code: 'NAME_TAKEN', message: 'Taken.', field: 'name', retryable: false }];
    const refusal = { code: 'BATCH_REFUSED', message: 'Nothing was created.', retryable: false, refusals };
    expect(refusalOf({ data: { refusal } })).toEqual(refusal);
    expect(refusalOf({ data: { refusal: { ...refusal, refusals: 'many' } } })).not.toHaveProperty('refusals');
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
