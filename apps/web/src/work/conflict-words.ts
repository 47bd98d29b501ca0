import type { JobConflict } from '@tenantree/contract';
import { LIMIT_KINDS, permission, SUSPENSION_LABELS } from '@tenantree/domain';
import { limitWords } from '../blueprints/words.ts';
import { texts } from '../texts.ts';

type Sides = { readonly what: string; readonly meant: string; readonly present: string };

function sidesOf(conflict: JobConflict): Sides {
  switch (conflict.about) {
    case 'permission': {
      const { key, meant, present } = conflict;
      return { what: permission(key).label, meant: meant ?? 'not reviewed', present: present ?? 'not reviewed' };
    }
    case 'limit': {
      const { kind, meant, present } = conflict;
      const what = LIMIT_KINDS.find(({ key }) => key === kind)?.label ?? kind;
      return { what, meant: limitWords({ ...present, ...meant }, 'all'), present: limitWords(present, 'all') };
    }
    case 'suspension': {
      const { meant, present } = conflict;
      const words = (kind: typeof meant): string => (kind ? SUSPENSION_LABELS[kind] : 'none');
      return { what: 'Suspension', meant: words(meant), present: words(present) };
    }
  }
}

/** What stands in an account in place of what a job was to set: both sides, and who set what stands there, as far as the log says so. */
export function conflictWords(conflict: JobConflict): string {
  const { what, meant, present } = sidesOf(conflict);
  const { by, at } = conflict;
  const who = by !== null && at !== null ? ` Set by ${by}, ${texts.numbers.dateTime(at)}.` : '';
  const both = meant === present ? `${present} already` : `${present} now, in place of ${meant}`;
  return `${what}: ${both}.${who}`;
}
