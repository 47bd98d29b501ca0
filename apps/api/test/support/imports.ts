import type { Deployment } from './deployment.ts';

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
