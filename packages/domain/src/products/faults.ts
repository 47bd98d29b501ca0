import type { ZodError } from 'zod';
import type { Fault } from './kind.ts';
import { escaped } from './visit.ts';

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

/** What a schema doesn't allow, as a sentence that a person can act on. */
export function issueSentence(issue: Issue): string {
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

/** All that a schema doesn't allow in a document, each with its JSON pointer. */
export const faultsOf = ({ issues }: ZodError): Fault[] =>
  issues.flatMap((issue) => {
    const at = issue.path.map((name) => `/${escaped(String(name))}`).join('');
    const message = issueSentence(issue);
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ at: `${at}/${escaped(key)}`, message }));
    return [{ at, message }];
  });
