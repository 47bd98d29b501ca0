import { texts } from '../texts.ts';

/** So many of something, in words. */
export const rowsWords = (count: number, one: string): string =>
  `${texts.numbers.whole(count)} ${count === 1 ? one : `${one}s`}`;

const OUTCOMES: Readonly<Record<string, string>> = {
  new: 'New',
  same: 'The same',
  PARENT_CYCLE: 'Parents in a circle',
  PARENT_MISSING: 'Parent missing',
  PARENT_BAD: 'Parent’s row is bad',
  ROW_DUPLICATE: 'Same account twice',
  NAME_TAKEN: 'Name taken',
  NAME_INVALID: 'Name not valid',
  EXTERNAL_ID_CONFLICT: 'External id in use',
  DEPTH_EXCEEDED: 'Too deep',
  PARENT_NOT_LIVE: 'Parent closed',
  LIMIT_REACHED: 'Limit reached',
  METADATA_TOO_LARGE: 'Metadata too large',
  NOT_FOUND: 'Not found',
  BAD_REQUEST: 'Can’t be read',
};

/** What becomes of a row, in words; a code of a later release is shown as it is. */
export const outcomeWords = (outcome: string): string => OUTCOMES[outcome] ?? outcome;
