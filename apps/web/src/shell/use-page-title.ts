import { useEffect } from 'react';
import { useRoute } from 'wouter';
import { useActing } from './use-account.ts';

/** Names the tab after the page and the acting account; `▸` says that one acts in another account than one's own (rules/screens 6). */
export function usePageTitle(title: string): void {
  const [, place] = useRoute('/a/:account/*?');
  const { account, isInside } = useActing(place?.account ?? '');
  const where = account?.name ?? 'Tenantree';
  useEffect(() => {
    document.title = `${isInside ? '▸ ' : ''}${title} · ${where}`;
  }, [title, where, isInside]);
}
