import type { Refusal } from '@tenantree/domain';
import { issueSentence } from '@tenantree/domain/products';
import type { ZodError } from 'zod';

/** The first thing that a schema does not allow, as a sentence that a person can act on, with the path of the field. */
export function schemaRefusal(error: ZodError): Refusal {
  const [issue] = error.issues;
  if (!issue) return { code: 'BAD_REQUEST', message: 'This request is not valid.' };
  const field = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].join('.');
  const refusal = { code: 'BAD_REQUEST', message: issueSentence(issue) } as const;
  return field === '' ? refusal : { ...refusal, field };
}
