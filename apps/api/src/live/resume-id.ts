import { type AccountId, accept, type Decision, refuse } from '@tenantree/domain';
import { UNKNOWN } from './viewing.ts';

/** `epoch.root.version` */
const RESUME_ID = /^([0-9a-f]{1,16}\.[0-9a-f-]{36})\.(\d{1,15})$/;

/** Where somebody is who has everything up to a version: the version means something in its tree only, and in one history of the database. */
export const resumeIdOf = (epoch: string, root: AccountId, version: number): string => `${epoch}.${root}.${version}`;

/**
 * Reads the version out of the id of a frame or of an answer; null when there is none. An id of another tree or history is of no use: `UNKNOWN`.
 *
 * @param epoch of the history that is followed
 * @param root of what is watched
 */
export function parseResumeId(text: string | undefined, epoch: string, root: AccountId): Decision<number | null> {
  if (text === undefined) return accept(null);
  const [, chain, version] = RESUME_ID.exec(text) ?? [];
  if (version === undefined) return refuse('BAD_REQUEST', 'The last event id is not one of ours.', 'lastEventId');
  return accept(chain === `${epoch}.${root}` ? Number(version) : UNKNOWN);
}
