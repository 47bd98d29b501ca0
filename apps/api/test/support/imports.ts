import type { RowId } from '@tenantree/domain';
import type { Deployment } from './deployment.ts';
import { jobsEnded } from './jobs.ts';

/** What the route of files of accounts answers. */
export type Uploaded = {
  readonly status: number;
  readonly import: string;
  readonly rows: number;
  readonly message: string;
  readonly code: string;
};

/** Sends a file of accounts, as its owner unless headers say somebody else. */
export async function upload(
  { url, headers }: Pick<Deployment, 'url' | 'headers'>,
  account: string,
  file: string | Uint8Array<ArrayBuffer> | Blob,
  more: Record<string, string> = {},
): Promise<Uploaded> {
  const answer = await fetch(`${url}/v1/account-imports?account=${encodeURIComponent(account)}&filename=accounts.csv`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', ...(more['authorization'] ? {} : headers), ...more },
    body: file,
  });
  const told = (await answer.json()) as Partial<Uploaded> & {
    error?: { message: string; data: { code: string; refusal: { code: string } } };
  };
  return {
    status: answer.status,
    import: told.import ?? '',
    rows: told.rows ?? 0,
    message: told.error?.message ?? '',
    code: told.error?.data.refusal.code ?? '',
  };
}

/** Begins to roll a schedule out that accounts below have copies of, one after the other when somebody says so: the first has it then. */
export async function rolledOut(
  { owner, database }: Deployment,
  account: string,
  targets: readonly string[],
): Promise<Record<'product' | 'rollout', RowId>> {
  const kind = 'schedule' as const;
  const wish = { account, kind, products: [{ document: { name: 'Rolled out' } }] };
  const product = (await owner.products.create.mutate(wish)).products[0]!.id;
  const { plan } = await owner.imports.plan.mutate({ account, targets: [...targets], products: [{ product }] });
  await owner.imports.run.mutate({ account, plan });
  await jobsEnded(database);
  const document = { name: 'Rolled out', timeZone: 'Europe/Berlin' };
  await owner.products.save.mutate({ account, kind, product, expectedVersion: 1, document });
  const stages = targets.map(() => ({ accounts: 1 }));
  const { rollout } = await owner.rollouts.start.mutate({ account, kind, product, stages });
  await jobsEnded(database);
  return { product, rollout: rollout.id };
}
