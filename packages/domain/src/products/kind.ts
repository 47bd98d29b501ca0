import type { z } from 'zod';
import type { SummedResource } from '../limits/resources.ts';
import type { PermissionKey } from '../permissions/registry.ts';
import type { RoleRight } from '../permissions/roles.ts';

/** A place in a document that names another product: a JSON pointer, `*` for every entry of a list. */
export type Reference = {
  readonly at: string;
  readonly kind: string;
  /** Without what is required a product is of no use: that can't be deleted as long as it is named here. */
  readonly need: 'required' | 'optional';
  /** The part of the document that it stands in; null: it has none. */
  readonly part: string | null;
};

/** What breaks a rule that JSON Schema can't say, and where. */
export type Fault = { readonly at: string; readonly message: string };

/** A kind of product: what its documents hold, and which permissions, limit and rules it has (rules/products 1). */
export type ProductKind = {
  /** As it is stored: rename none, reuse none. */
  readonly kind: string;
  readonly label: string;
  readonly plural: string;
  /**
   * The permissions: to see that there is one and how it is called, to make, change and delete one (null: nobody writes it), and of each part
   * to read and write it.
   */
  readonly rows: {
    readonly read: PermissionKey;
    readonly write: PermissionKey | null;
    readonly parts?: Readonly<Record<string, PermissionKey>>;
  };
  readonly schema: z.ZodObject;
  /** Where in the document its name stands, which is no part's. */
  readonly nameAt: '/name';
  /** Whether several may have the same name, as people do. */
  readonly names: 'unique' | 'any';
  /** Lists whose entries have ids: an entry is the same wherever it stands. */
  readonly keyed: readonly string[];
  readonly refs: readonly Reference[];
  /** Where secrets stand, which are kept apart. */
  readonly secrets: readonly string[];
  /** What of the document lists show beside the name; of no part that could be hidden. */
  readonly columns: readonly string[];
  /** What it counts as; null: nobody limits it. */
  readonly limit: SummedResource | null;
  /** Whether accounts may have but one. */
  readonly single?: true;
  /** What becomes of it when it is imported from the account above. */
  readonly fromParent: 'copy' | 'move' | 'never';
  /** What is set when it is copied, by pointer. */
  readonly startsAs?: Readonly<Record<string, unknown>>;
  /** Where it is switched on and off: a copy whose secrets are missing is off. */
  readonly activeAt?: '/active';
  /** The right of the role alone that deleting takes; without, it takes the permission to write. */
  readonly deleteRight?: RoleRight;
  /** Rules that JSON Schema can't say. */
  readonly checks?: (document: Readonly<Record<string, unknown>>) => readonly Fault[];
};

/** Declares a kind, with what most have. */
export const kindOf = <const Kind extends string>(
  declared: Omit<ProductKind, 'kind' | 'nameAt' | 'names' | 'keyed' | 'refs' | 'secrets' | 'columns' | 'limit'> &
    Partial<Pick<ProductKind, 'names' | 'keyed' | 'refs' | 'secrets' | 'columns' | 'limit'>> & { readonly kind: Kind },
): ProductKind & { readonly kind: Kind } => ({
  names: 'unique',
  keyed: [],
  refs: [],
  secrets: [],
  columns: [],
  limit: null,
  nameAt: '/name',
  ...declared,
});

/** A reference that its product can't do without. */
export const required = (at: string, kind: string, part: string | null = null): Reference => ({
  at,
  kind,
  need: 'required',
  part,
});
/** A reference that may be missing. */
export const optional = (at: string, kind: string, part: string | null = null): Reference => ({
  at,
  kind,
  need: 'optional',
  part,
});
