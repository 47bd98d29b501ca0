import type { BlueprintTarget } from '@tenantree/contract';
import { digestOf } from './content.ts';

/** What was shown of an account, short: whether it would be the same. How much room limits leave is asked again when it is done. */
export const stampOf = ({ products, account, ...shown }: BlueprintTarget): string =>
  digestOf({
    ...shown,
    account: account.id,
    products: products && {
      ...products,
      items: products.items.map((item) => ({ ...item, fits: true, hidden: null })),
    },
  });
