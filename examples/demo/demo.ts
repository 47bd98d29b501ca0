import type { Tenantree } from '@tenantree/client';
import { parseAccounts } from './accounts-file.ts';
import { type Admission, createAdmission } from './admission.ts';
import { billMonth } from './bill.ts';
import { setRegionUp } from './blueprint.ts';
import { parseCalls } from './calls-file.ts';
import { Failed } from './failed.ts';
import { type DemoOptions, prefixOf } from './options.ts';
import { persist as persistUntil, Stopped, sleep } from './patience.ts';
import { type DemoEvent, minutesOfSeconds, placeCalls } from './placing.ts';
import { calendar, counted, exactly, type StatusLine } from './progress.ts';
import { replay } from './replay.ts';
import {
  agentsByCountry,
  createAgents,
  findReseller,
  importAccounts,
  markImported,
  type Persist,
  type Reseller,
  refOf,
} from './reseller.ts';

export type DemoRun = {
  readonly options: DemoOptions;
  /** The texts of the two files. */
  readonly files: { readonly accounts: string; readonly calls: string };
  readonly trpc: Tenantree['trpc'];
  readonly signal: AbortSignal;
  readonly line: StatusLine;
  readonly say: (text: string) => void;
};

/**
 * The whole demo, through the public API only: reseller, accounts, agents, then the month of calls, then the comparison of what the server
 * counted with what the file says. With `--blueprint` a region is set up instead of the calls.
 *
 * @returns whether the server's total is the file's sum to the last digit; whether all else that was asked for is what it has to be
 * @throws refusals of the server, and `Stopped`
 */
export async function runDemo(run: DemoRun): Promise<'equal' | 'different'> {
  const { options, trpc, signal, line, say } = run;
  const accounts = parseAccounts(run.files.accounts);
  const persist: Persist = (action) =>
    persistUntil(action, signal, ({ message }) =>
      line.show(`The server at ${options.url} is away, trying again … (${message})`),
    );

  const { home } = await persist(() => trpc.session.me.query());
  if (home === null) throw new Failed('This key belongs to no account.');
  const reseller = await findReseller(trpc, home, options.reseller, prefixOf(options.reseller), persist);
  say(`Reseller “${reseller.name}” at ${options.url}`);
  if (options.blueprint === 'region') {
    const show = (text: string): void => line.show(text);
    return setRegionUp({
      options,
      trpc,
      say,
      show,
      persist,
      sleep: (ms) => sleep(ms, signal),
      home,
      reseller,
      accounts,
    });
  }
  const calls = parseCalls(run.files.calls);
  if (!reseller.imported) {
    await importAccounts(trpc, reseller, accounts, persist, (done) =>
      line.show(`Importing accounts: ${counted(done)} of ${counted(accounts.rest.length)}`),
    );
    const agents = agentsByCountry(calls, accounts.countries);
    await createAgents(trpc, reseller, agents, persist);
    await markImported(trpc, reseller, persist);
    say(`${counted(accounts.rest.length)} accounts and ${counted([...agents.values()].flat().length)} agents imported`);
  }

  const references = accounts.leaves.map((leaf) => refOf(reseller.prefix, leaf));
  const events = placeCalls(calls, references, reseller.stretch);
  const played = await play(run, { home, reseller, calls, events }, persist);
  const outcome = await compare(run, reseller, home, played, persist);
  if (options.bill === 'nothing' || outcome === 'different') return outcome;
  return billMonth({
    trpc,
    say,
    persist,
    sleep: (ms) => sleep(ms, signal),
    home,
    reseller,
    accounts,
    events,
  });
}

/** What the month is played with. */
type Month = {
  readonly home: Reseller['id'];
  readonly reseller: Reseller;
  readonly calls: ReturnType<typeof parseCalls>;
  readonly events: readonly DemoEvent[];
};

/** Plays the month of calls. @returns what took place of it @throws `Stopped` */
async function play(
  run: DemoRun,
  { home, reseller, calls, events }: Month,
  persist: Persist,
): Promise<{ readonly seconds: number; readonly calls: number }> {
  const { options, trpc, signal, line, say } = run;
  const before = await totalsOf(trpc, reseller, persist);
  if (before.events.total > 0) say(`${counted(before.events.total)} calls were counted before; going on after them`);

  const admission =
    options.limit === null ? null : await limitCalls(run, home, options.limit, before.events.total, calls, persist);
  const secondsUntil = runningSeconds(calls.map((call) => call.seconds));
  const rate = createRate();
  const sent = await replay({
    calls,
    events,
    counted: before.events.total,
    speed: options.speed,
    record: async (batch) => record(trpc, reseller, admission ? await admission.admit(batch) : batch, persist),
    nowMs: Date.now,
    sleep: (ms) => sleep(ms, signal),
    stopped: () => signal.aborted,
    onProgress: (done, monthMs) => {
      const minutes = (secondsUntil[done] ?? 0) / 60;
      const parts = [
        calendar(monthMs),
        `${counted(done)} of ${counted(calls.length)} calls`,
        `${counted(Math.floor(minutes))} min`,
        `${counted(rate(done))} events/s`,
      ];
      line.show(parts.join(' · '));
    },
  });
  await admission?.end();
  if (sent < events.length) throw new Stopped();
  const refused = admission?.refused() ?? { calls: 0, seconds: 0 };
  if (admission) say(`Calls refused             ${counted(refused.calls)}: more than ${options.limit} at one time`);
  return { seconds: (secondsUntil.at(-1) ?? 0) - refused.seconds, calls: calls.length - refused.calls };
}

/** Bounds the calls at one time in the account of the key, and asks for each call from then on. */
async function limitCalls(
  { trpc, say }: DemoRun,
  home: Reseller['id'],
  max: number,
  before: number,
  calls: ReturnType<typeof parseCalls>,
  persist: Persist,
): Promise<Admission> {
  if (before > 0) throw new Failed('With --limit the month is played from its beginning: choose another --reseller.');
  await persist(() => trpc.limits.set.mutate({ account: home, limits: [{ kind: 'calls', max }] }));
  say(`At most ${counted(max)} calls at one time`);
  return createAdmission(trpc.limits, calls, persist);
}

const totalsOf = (trpc: DemoRun['trpc'], { id, stretch }: Pick<Reseller, 'id' | 'stretch'>, persist: Persist) =>
  persist(() => trpc.usage.totals.query({ account: id, meter: 'call.minutes', period: stretch.start.slice(0, 7) }));

/** Records a batch and makes sure that every event of it is counted: accepted now, or a duplicate of an earlier attempt. */
async function record(
  trpc: DemoRun['trpc'],
  reseller: Reseller,
  events: readonly DemoEvent[],
  persist: Persist,
): Promise<void> {
  if (events.length === 0) return;
  const { results } = await persist(() => trpc.usage.record.mutate({ account: reseller.id, events: [...events] }));
  results.forEach((result, index) => {
    if ('code' in result) {
      throw new Failed(`The call ${events[index]?.idempotencyKey} was not counted: ${result.message} (${result.code})`);
    }
  });
}

async function compare(
  { trpc, say }: DemoRun,
  reseller: Reseller,
  home: Reseller['id'],
  { seconds, calls }: { readonly seconds: number; readonly calls: number },
  persist: Persist,
): Promise<'equal' | 'different'> {
  const file = minutesOfSeconds(BigInt(seconds));
  const { total, events } = await totalsOf(trpc, reseller, persist);
  const root = await totalsOf(trpc, { id: home, stretch: reseller.stretch }, persist);
  say(`Minutes in the file       ${exactly(file)}`);
  say(`Minutes at the reseller   ${exactly(total)}`);
  say(
    `Minutes at its parent     ${exactly(root.total)}${root.total === total ? '' : ' (with everything else in that account)'}`,
  );
  say(`Calls counted             ${counted(events.total)} of ${counted(calls)}`);
  if (total === file && events.total === calls) {
    say('Equal to the last digit: every call was counted exactly once.');
    return 'equal';
  }
  say(
    'NOT EQUAL. Either something else records usage in the reseller’s accounts, or a call was lost or counted twice.',
  );
  return 'different';
}

/** Seconds of the first n calls, for every n from 0. */
function runningSeconds(seconds: readonly number[]): number[] {
  const sums = [0];
  for (const value of seconds) sums.push((sums.at(-1) ?? 0) + value);
  return sums;
}

/** Events per second over about the last two seconds. */
function createRate(): (done: number) => number {
  const marks: { ms: number; done: number }[] = [];
  return (done) => {
    marks.push({ ms: Date.now(), done });
    while (marks.length > 2 && (marks[0]?.ms ?? 0) < Date.now() - 2_000) marks.shift();
    const [first, last] = [marks[0], marks.at(-1)];
    if (!first || !last || last.ms === first.ms) return 0;
    return Math.round(((last.done - first.done) * 1_000) / (last.ms - first.ms));
  };
}
