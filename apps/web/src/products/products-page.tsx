import { createComponent, type EventName } from '@lit/react';
import { defineProducts, type ProductPlace, productsFrom, SamProducts } from '@tenantree/widget/products';
import type { SamEvents } from '@tenantree/widget/rooms';
import React, { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { readPlace, writePlace } from './place-state.ts';

defineProducts();

/** What an account owns: the element that the detail of an account shows, too. */
const Products = createComponent({
  react: React,
  tagName: 'sam-products',
  elementClass: SamProducts,
  events: { onPlace: 'sam-place' as EventName<CustomEvent<SamEvents['sam-place']>> },
});

const source = productsFrom(tenantree);

/** What the acting account owns. Kind, product, part and search stand in the address, so that each can be linked and Back works. */
export default function ProductsPage({ account, rest }: { readonly account: string; readonly rest: string }) {
  const [, navigate] = useLocation();
  const search = useSearch();
  const place = useMemo(() => readPlace(rest, search), [rest, search]);
  const hrefOf = useCallback((one: ProductPlace) => `/a/${account}/products${writePlace(one)}`, [account]);
  const acting = useAccount(account).data;
  return (
    <Page title="Products" lead={`What ${acting?.name ?? 'this account'} owns, and what its agents work with.`}>
      <Products
        source={source}
        account={acting ?? null}
        texts={texts}
        place={place}
        hrefOf={hrefOf}
        level={2}
        onPlace={(event) => {
          event.preventDefault();
          const { place: next, how } = event.detail;
          navigate(hrefOf(next), { replace: how === 'replace' });
        }}
      />
    </Page>
  );
}
