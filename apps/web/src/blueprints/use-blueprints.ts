import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ShownKind } from '@tenantree/contract';
import { useEffect } from 'react';
import { queries, tenantree } from '../server.ts';

const { blueprints, products } = tenantree.trpc;

type Asked = Omit<Parameters<typeof blueprints.drift.query>[0], 'account' | 'blueprint'>;

/** How accounts stand to a blueprint. */
export const useDrift = (account: string, blueprint: string, asked: Asked) =>
  useQuery({
    queryKey: ['blueprints', account, blueprint, 'drift', asked],
    queryFn: () => blueprints.drift.query({ account, blueprint, ...asked }),
    placeholderData: keepPreviousData,
  });

/** Reads again how accounts stand, whenever the server tells that they may stand otherwise. */
export function useLiveDrift(account: string, blueprint: string): void {
  useEffect(() => {
    const subscription = blueprints.live.subscribe(
      { account },
      {
        onData: () => void queries.invalidateQueries({ queryKey: ['blueprints', account, blueprint, 'drift'] }),
        // It is read again by whoever loads the page again.
        onError: () => undefined,
      },
    );
    return () => subscription.unsubscribe();
  }, [account, blueprint]);
}

/** The kinds of products; none until they are known. */
export const useKinds = (): readonly ShownKind[] =>
  useQuery({ queryKey: ['kinds'], queryFn: () => products.kinds.query() }).data?.kinds ?? [];
