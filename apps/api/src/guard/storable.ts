import { jsonFault } from '@tenantree/domain';
import { refuseWith } from '../hall/refused.ts';

/** Refuses an input that can't be stored as it was sent, whatever its schema says (rules/server 3). @throws Refused BAD_REQUEST */
export function checkStorable(input: unknown): void {
  const fault = input === undefined ? null : jsonFault(input);
  if (!fault) return;
  if (fault.path === '') refuseWith('BAD_REQUEST', `This request ${fault.why}.`);
  const field = fault.path.slice(0, 200);
  refuseWith('BAD_REQUEST', `${field} ${fault.why}.`, field);
}
