import type { Application } from '@tenantree/db';
import type { CapsBefore, Instant, LimitKindKey, RowId, ShownTerms, WishedLevels } from '@tenantree/domain';
import type { DoneItem } from '../products/imports/import-payload.ts';

/** What an application found, with all that it takes to take it back: kept with it, section by section (rules/blueprints 11). */
export type Before = {
  /** Null: nothing was changed. `version`: that the caps came to. */
  readonly caps: (CapsBefore & { readonly version: number; readonly levels: WishedLevels }) | null;
  readonly limits: readonly {
    readonly kind: LimitKindKey;
    readonly before: ShownTerms;
    /** That it came to. */
    readonly version: number;
  }[];
  readonly priceBook: {
    readonly id: RowId;
    readonly version: number;
    readonly from: Instant;
    readonly former: { readonly id: RowId; readonly version: number } | null;
  } | null;
  /** By what was done at once, in order. */
  readonly products: readonly (readonly DoneItem[])[];
  /** The application that stood there; null: none did. */
  readonly last: Application | null;
};
