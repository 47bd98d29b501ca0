import type { Refusal } from '@tenantree/domain';
import type { ZodError } from 'zod';

type Issue = ZodError['issues'][number];

/** What a schema asks for, in words. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

function sentenceOf(issue: Issue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return 'There is no such field.';
    case 'invalid_type':
      return `This has to be ${KINDS[issue.expected] ?? issue.expected}.`;
    case 'invalid_value':
      return `This has to be one of: ${issue.values.map(String).join(', ')}.`;
    case 'too_big':
      return `This can be ${issue.maximum}${UNITS[issue.origin] ?? ''} at most.`;
    case 'too_small':
      if (issue.minimum === 1 && issue.origin in UNITS) return 'This can’t be empty.';
      return `This has to be ${issue.minimum}${UNITS[issue.origin] ?? ''} at least.`;
    case 'invalid_union':
      return 'This is of a kind that can’t stand here.';
    default:
      return issue.message;
  }
}

/** The first thing that a schema does not allow, as a sentence that a person can act on, with the path of the field. */
export function schemaRefusal(error: ZodError): Refusal {
  const [issue] = error.issues;
  if (!issue) return { code: 'BAD_REQUEST', message: 'This request is not valid.' };
  const field = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].join('.');
  const refusal = { code: 'BAD_REQUEST', message: sentenceOf(issue) } as const;
  return field === '' ? refusal : { ...refusal, field };
}
