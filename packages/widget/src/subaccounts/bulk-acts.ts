import { fetched } from '@tenantree/client';
import type { AccountRow } from '@tenantree/domain';
import { define } from '../parts/define.ts';
import type { Dialog } from '../parts/dialog.ts';
import type { Strings } from '../strings/en.ts';
import type { Allowed } from './features.ts';
import type { Selected } from './selected.ts';

/** What can be done with all that is selected. */
export type BulkAct = {
  readonly id: string;
  readonly label: keyof Strings;
  /** What has to be allowed; null: looking is enough. */
  readonly needs: Allowed | null;
  /** Whether accounts below the selected ones can be meant, too; where not, it is theirs anyway. */
  readonly nested: 'as wished' | 'never';
  /** Gives the dialog that does it. */
  readonly start: (selected: Selected) => Promise<Dialog>;
};

/** Something that a host’s own page does with all that is selected. */
export type HostAct = { readonly label: string; readonly go: (accounts: readonly AccountRow[]) => void };

/** All bulk acts, in the order of their buttons. Another act is a row here; where it is a job, its dialog is a class over `SamBulk`. */
export const BULK_ACTS: readonly BulkAct[] = [
  {
    id: 'preset',
    label: 'bulkPreset',
    needs: 'permissions',
    nested: 'as wished',
    start: async (selected) => {
      const { SamBulkPreset } = await fetched(() => import('../permissions/presets.ts'), 'SamBulkPreset');
      define('sam-bulk-preset', SamBulkPreset);
      return Object.assign(new SamBulkPreset(), { selected });
    },
  },
  {
    id: 'limits',
    label: 'bulkLimits',
    needs: 'limits',
    nested: 'as wished',
    start: async (selected) => {
      const { SamBulkLimits } = await fetched(() => import('../limits/limits.ts'), 'SamBulkLimits');
      define('sam-bulk-limits', SamBulkLimits);
      return Object.assign(new SamBulkLimits(), { selected });
    },
  },
  {
    id: 'import',
    label: 'bulkImport',
    needs: 'import',
    nested: 'as wished',
    start: async (selected) => {
      const { SamBulkImport } = await fetched(() => import('./sam-bulk-import.ts'), 'SamBulkImport');
      define('sam-bulk-import', SamBulkImport);
      return Object.assign(new SamBulkImport(), { selected });
    },
  },
  {
    id: 'suspend',
    label: 'bulkSuspend',
    needs: 'suspend',
    nested: 'never',
    start: async (selected) => {
      const { SamBulkSuspend } = await fetched(() => import('./sam-bulk-suspend.ts'), 'SamBulkSuspend');
      define('sam-bulk-suspend', SamBulkSuspend);
      return Object.assign(new SamBulkSuspend(), { selected });
    },
  },
  {
    id: 'export',
    label: 'bulkExport',
    needs: null,
    nested: 'as wished',
    start: async (selected) => {
      const { SamBulkExport } = await fetched(() => import('./sam-bulk-export.ts'), 'SamBulkExport');
      define('sam-bulk-export', SamBulkExport);
      return Object.assign(new SamBulkExport(), { selected });
    },
  },
];
