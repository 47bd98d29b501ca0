import { type CallRefusal, NO_ANSWER, otherAnswer, type Tenantree } from '@tenantree/client';
import { isRecord, type RowId } from '@tenantree/domain';
import type { Check } from './check.ts';
import { csvOf } from './csv.ts';
import { Failed } from './failed.ts';
import { idle, jobEnded } from './jobs.ts';
import { counted } from './progress.ts';
import type { RegionRun } from './region.ts';

type Planned = Awaited<ReturnType<Tenantree['trpc']['accountImports']['plan']['mutate']>>;

/** The file's accounts as a file that an import takes; the reseller is its first row. */
function fileOf({ accounts: { world, rest }, reseller: { prefix, name } }: RegionRun): string {
  const idOf = (id: string): string => (id === world.id ? prefix : `${prefix}-${id}`);
  const rows = rest.map((account) => [idOf(account.id), idOf(account.parentId ?? world.id), account.name]);
  return csvOf([['externalId', 'parentExternalId', 'name'], [prefix, '', name], ...rows]);
}

/** An error that is read as one of the client's calls. */
const unanswered = (refusal: CallRefusal, cause?: unknown): Error =>
  Object.assign(new Error(refusal.message, { cause }), { refusal });

/** Sends a file of accounts. @returns the id of the import @throws what a call of the client throws */
async function upload({ options: { url, key }, home, reseller }: RegionRun, file: string): Promise<RowId> {
  const query = new URLSearchParams({ account: home, filename: `${reseller.prefix}.csv` });
  const sent = fetch(new URL(`/v1/account-imports?${query}`, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
    body: file,
  });
  const answer = await sent.catch((cause: unknown) => {
    throw unanswered(NO_ANSWER, cause);
  });
  const told: unknown = await answer.json().catch(() => null);
  if (isRecord(told) && typeof told['import'] === 'string') return told['import'] as RowId;
  if (isRecord(told) && isRecord(told['error']))
    throw Object.assign(new Error(String(told['error']['message'])), { data: told['error']['data'] });
  throw unanswered(otherAnswer(answer.status));
}

/** Sends the file and has all of its rows judged. @throws Failed when one is bad */
async function judge(run: RegionRun, file: string): Promise<Planned> {
  const { trpc, home } = run;
  const sent = { account: home, import: await upload(run, file) };
  const planned = await trpc.accountImports.plan.mutate(sent);
  if (planned.counts.bad === 0) return planned;
  const { rows } = await trpc.accountImports.rows.query({ ...sent, of: 'bad', limit: 1 });
  throw new Failed(
    `${counted(planned.counts.bad)} rows are bad, line ${rows[0]?.line}: ${rows[0]?.message} (${rows[0]?.outcome})`,
  );
}

/** Imports the file's accounts as anybody would, with a dry run before and another one afterwards, which has to find all of them. */
export async function importFromCsv(run: RegionRun, check: Check): Promise<string> {
  const { trpc, persist, home, reseller, accounts } = run;
  const file = fileOf(run);
  await idle(run, home);
  const { planned, job } = await persist(async () => {
    const one = await judge(run, file);
    if (one.counts.new === 0) return { planned: one, job: null };
    return { planned: one, job: (await trpc.accountImports.run.mutate({ account: home, import: one.id })).job };
  });
  if (job !== null) await jobEnded(run, 'Importing accounts', { account: home, job });
  const all = accounts.rest.length + 1;
  check.same('Rows of the file', planned.rows, all);
  check.same('Rows that are new or there', planned.counts.new + planned.counts.same, all);
  const again = await persist(() => judge(run, file));
  check.same('Rows that are there afterwards', again.counts.same, all);
  const { subaccounts } = await persist(() => trpc.accounts.get.query({ account: reseller.id }));
  check.same('Accounts below the reseller', subaccounts, accounts.rest.length);
  return `${counted(all)} rows: ${counted(planned.counts.new)} new, ${counted(planned.counts.same)} there before; the same file again: ${counted(again.counts.new)} new`;
}
