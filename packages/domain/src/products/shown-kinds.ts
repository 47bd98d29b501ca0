import { z } from 'zod';
import type { JsonValue } from '../json.ts';
import type { ProductKind } from './kind.ts';
import { PRODUCT_KINDS, type ProductKindKey } from './kinds.ts';

/** A kind as screens are drawn from it: its entry of the registry, with its schema as JSON Schema. */
type ShownKind = Omit<ProductKind, 'kind' | 'schema' | 'checks' | 'startsAs' | 'activeAt'> & {
  readonly kind: ProductKindKey;
  readonly schema: { readonly [key: string]: JsonValue };
};

/** All kinds as screens are drawn from them. */
export const shownKinds = (): readonly ShownKind[] =>
  PRODUCT_KINDS.map((entry: ProductKind & { readonly kind: ProductKindKey }) => {
    const { schema, checks: _checks, startsAs: _startsAs, activeAt: _activeAt, ...shown } = entry;
    // What it is made of is JSON: it is written for that.
    return { ...shown, schema: z.toJSONSchema(schema, { io: 'input' }) as ShownKind['schema'] };
  });
