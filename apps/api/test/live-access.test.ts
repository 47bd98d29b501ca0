import type { KeyId, Refusal, UsageFrame } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clockAt, NOVEMBER, openStage, type Right, type Stage } from './live-stage.ts';
import { LiveTree, showMinutes } from './live-tree.ts';

let tree: LiveTree;
let stage: Stage;
const clock = clockAt(NOVEMBER);
beforeEach(async () => {
  tree = new LiveTree();
  stage = await openStage(tree, { clock });
});
afterEach(() => stage.close());

const NO_MORE: Refusal = { code: 'NOT_FOUND', message: 'There is no such account.' };
const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 2 });

function grant(who: string, changesAtMs: number | null = null) {
  const right: Right = { refusal: null, asked: 0, changesAtMs };
  stage.rights.set(who, right);
  return right;
}

function watch(client: ReturnType<Stage['client']>['trpc'], input: { who: string; account?: string; stock?: boolean }) {
  const frames: UsageFrame[] = [];
  const errors: { code: string | undefined; message: string }[] = [];
  client.usage.subscribe(
    { account: tree.root, ...input },
    {
      onData: ({ data }) => frames.push(data),
      onError: (error) => errors.push({ code: error.data?.code, message: error.message }),
    },
  );
  return { frames, errors };
}

describe('a stream whose access ends', () => {
  it.each(['fast', 'stock', 'sse'] as const)(
    'is cut within a second, with the refusal as its error (I26, %s)',
    async (lane) => {
      const account = tree.add();
      const right = grant('she');
      const client = lane === 'sse' ? stage.sseClient() : stage.client().trpc;
      const hers = watch(client, { who: 'she', stock: lane === 'stock' });
      const his = watch(stage.client().trpc, { who: 'he' });
      await until(() => expect([hers.frames.length, his.frames.length]).toEqual([1, 1]));
      right.refusal = NO_MORE;
      const began = performance.now();
      stage.hub.happened(tree.revoke({ sessions: ['she'] }));
      await until(() => expect(stage.counts.revoked).toBe(1));
      showMinutes(stage.hub, tree.use(account));
      await until(() => expect(hers.errors).toEqual([{ code: 'NOT_FOUND', message: NO_MORE.message }]));
      expect(performance.now() - began).toBeLessThan(1_000);
      await until(() => expect(his.frames).toHaveLength(2));
      expect(hers.frames).toHaveLength(1);
      expect(his.errors).toEqual([]);
      expect(stage.counts.revoked).toBe(1);
      await until(() => expect(stage.counts.viewings).toBe(1));
    },
  );

  it('is cut too when the change is in the tree above what it watches', async () => {
    const branch = tree.add();
    const account = tree.add(branch);
    const right = grant('she');
    const { frames, errors } = watch(stage.client().trpc, { who: 'she', account });
    await until(() => expect(frames).toHaveLength(1));
    right.refusal = { code: 'ACCOUNT_SUSPENDED', message: 'This account is suspended.' };
    stage.hub.happened(tree.revoke({ subtree: account }));
    await until(() => expect(errors).toEqual([{ code: 'FORBIDDEN', message: 'This account is suspended.' }]));
    expect(right.asked).toBe(1);
  });

  it('is cut within a second after its token expired', async () => {
    const right = grant('she', clock.nowMs() + 5_000);
    const { frames, errors } = watch(stage.client().trpc, { who: 'she' });
    await until(() => expect(frames).toHaveLength(1));
    right.refusal = { code: 'UNAUTHORIZED', message: 'Sign in.' };
    const began = performance.now();
    clock.addMs += 5_000;
    await until(() => expect(errors).toEqual([{ code: 'UNAUTHORIZED', message: 'Sign in.' }]));
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('ends so that clients watch anew when its account comes to stand in another tree, or the numbers of its tree went back', async () => {
    const account = tree.add();
    const anew = { code: 'SERVICE_UNAVAILABLE', message: 'This account stands elsewhere now. Watch it anew.' };
    const right = grant('she');
    const hers = watch(stage.client().trpc, { who: 'she', account });
    const his = watch(stage.client().trpc, { who: 'he' });
    await until(() => expect([hers.frames.length, his.frames.length]).toEqual([1, 1]));
    right.path = [account];
    stage.hub.happened(tree.revoke({ subtree: account }));
    await until(() => expect(hers.errors).toEqual([anew]));
    expect(his.errors).toEqual([]);
    // A standby took over that has everything.
    tree.epoch = 'e1';
    showMinutes(stage.hub, tree.use(account));
    await until(() => expect(his.frames).toHaveLength(2));
    expect(his.errors).toEqual([]);
    // And one that has not.
    tree.journal.pop();
    await until(() => expect(his.errors).toEqual([anew]));
  });

  it('is asked about when it begins, if rights changed since its viewer was let in', async () => {
    const right = grant('she');
    const gone = watch(stage.client().trpc, { who: 'he' });
    await until(() => expect(gone.frames).toHaveLength(1));
    stage.hub.happened(tree.revoke({ sessions: ['she'] }));
    right.refusal = NO_MORE;
    const { errors } = watch(stage.client().trpc, { who: 'she' });
    await until(() => expect(errors).toEqual([{ code: 'NOT_FOUND', message: NO_MORE.message }]));
  });

  it('is cut when nobody tells of what ended its right', async () => {
    const right = grant('she');
    const { frames, errors } = watch(stage.client().trpc, { who: 'she' });
    await until(() => expect(frames).toHaveLength(1));
    right.refusal = NO_MORE;
    const began = performance.now();
    tree.revoke({ sessions: ['she'] });
    await until(() => expect(errors).toEqual([{ code: 'NOT_FOUND', message: NO_MORE.message }]));
    expect(performance.now() - began).toBeLessThan(3_000);
    // Whoever is told of a later row hears of the one before within a second.
    const later = grant('he');
    const his = watch(stage.client().trpc, { who: 'he' });
    await until(() => expect(his.frames).toHaveLength(1));
    later.refusal = NO_MORE;
    tree.revoke({ sessions: ['he'] });
    stage.hub.happened(tree.rename(tree.root, 'Told'));
    await until(() => expect(his.errors).toHaveLength(1));
  });

  it('is cut when access ends while its first state is being read', async () => {
    const right = grant('she');
    const read = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    tree.pause = () => {
      asked.resolve();
      return read.promise;
    };
    const { frames, errors } = watch(stage.client().trpc, { who: 'she' });
    await asked.promise;
    right.refusal = NO_MORE;
    stage.hub.happened(tree.revoke({ sessions: ['she'] }));
    read.resolve();
    await until(() => expect(errors).toHaveLength(1));
    expect(frames).toEqual([]);
  });
});

describe('asking again', () => {
  it('happens once for all streams of one viewer to one account, and not for those that a change does not concern', async () => {
    const [hers, his] = [grant('she'), grant('he')];
    const { trpc } = stage.client();
    const streams = [...Array.from({ length: 20 }, () => watch(trpc, { who: 'she' })), watch(trpc, { who: 'he' })];
    await until(() => streams.forEach(({ frames }) => expect(frames).toHaveLength(1)));
    stage.hub.happened(tree.revoke({ sessions: ['she'], keys: ['a key' as KeyId] }));
    await until(() => expect([hers.asked, his.asked]).toEqual([1, 0]));
    expect(streams.flatMap(({ errors }) => errors)).toEqual([]);
  });
});
