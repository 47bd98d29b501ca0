import { type CallRefusal, NO_ANSWER, otherAnswer } from '@tenantree/client';
import type { ErrorShape } from '@tenantree/contract';
import type { RowId } from '@tenantree/domain';

type Told = { readonly import: RowId } | { readonly error: ErrorShape } | null;

/** Ends as a call does that no answer of the server ended. */
const unanswered = (refusal: CallRefusal): Error => Object.assign(new Error(refusal.message), { refusal });

/** Sends a file of accounts to the server, which reads it as it comes. @throws the server's refusal, as calls of procedures do */
export async function sendFile(account: string, file: File): Promise<RowId> {
  const query = new URLSearchParams({ account, filename: file.name });
  const init = { method: 'POST', headers: { 'content-type': 'text/csv' }, body: file };
  const answer = await window.fetch(`/v1/account-imports?${query.toString()}`, init).catch(() => {
    throw unanswered(NO_ANSWER);
  });
  const told: Told = await answer.json().catch(() => null);
  if (told === null) throw unanswered(otherAnswer(answer.status));
  if ('import' in told) return told.import;
  throw Object.assign(new Error(told.error.message), { data: told.error.data });
}
