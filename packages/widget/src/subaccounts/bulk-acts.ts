import { fetched } from '@tenantree/client';
import { define } from '../parts/define.ts';
import type { Strings } from '../strings/en.ts';
import type { Feature } from './features.ts';
import type { SamBulk } from './sam-bulk.ts';
import type { Selected } from './selected.ts';

/** What can be done with all that is selected. */
export type BulkAct = {
  readonly id: string;
  readonly label: keyof Strings;
  /** What has to be allowed; null: looking is enough. */
  readonly needs: Feature | null;
  /** Whether accounts below the selected ones can be meant, too; where not, it is theirs anyway. */
  readonly nested: 'as wished' | 'never';
  /** Does it, or gives the dialog that does. */
  readonly start: (selected: Selected) => Promise<SamBulk | null>;
};

/** All bulk acts, in the order of their buttons. Another act is a row here, and its dialog a class over {@link SamBulk}. */
export const BULK_ACTS: readonly BulkAct[] = [
  {
    id: 'limits',
    label: 'bulkLimits',
    // From above, like a suspension.
    needs: 'suspend',
    nested: 'as wished',
    start: async () => {
      const { SamBulkLimits } = await fetched(() => import('./sam-bulk-limits.ts'), 'SamBulkLimits');
      define('sam-bulk-limits', SamBulkLimits);
      return new SamBulkLimits();
    },
  },
  {
    id: 'suspend',
    label: 'bulkSuspend',
    needs: 'suspend',
    nested: 'never',
    start: async () => {
      const { SamBulkSuspend } = await fetched(() => import('./sam-bulk-suspend.ts'), 'SamBulkSuspend');
      define('sam-bulk-suspend', SamBulkSuspend);
      return new SamBulkSuspend();
    },
  },
  {
    id: 'export',
    label: 'bulkExport',
    needs: null,
    nested: 'as wished',
    start: async (selected) => {
      (await fetched(() => import('./export-accounts.ts'), 'exportAccounts')).exportAccounts(selected);
      return null;
    },
  },
];
