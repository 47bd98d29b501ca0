import { accept, type Decision, refuse } from '@tenantree/domain';

const FORM = /^\d{1,15}$/;

/** Reads the id of the last frame that a viewer saw; null when it saw none. Ids are versions of the tree. */
export function parseResumeId(text: string | undefined): Decision<number | null> {
  if (text === undefined) return accept(null);
  return FORM.test(text)
    ? accept(Number(text))
    : refuse('BAD_REQUEST', 'The last event id is not one of ours.', 'lastEventId');
}
