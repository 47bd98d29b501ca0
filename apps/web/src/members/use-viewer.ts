import { highestRole } from '@tenantree/domain';
import type { AccountDetail } from '@tenantree/widget';
import type { MembersViewer } from '@tenantree/widget/rooms';
import { useMemo } from 'react';
import { useMe } from '../session/use-me.ts';

/** Who looks at an account: the person who is signed in, with the highest role that they have at or above it. */
export function useViewer(account: AccountDetail | undefined): MembersViewer {
  const me = useMe().data;
  return useMemo(() => {
    const above = me?.accounts.filter(({ id }) => account?.path.some((link) => link.id === id)) ?? [];
    return { user: me?.user?.id ?? null, role: highestRole(above.flatMap(({ role }) => role ?? [])) };
  }, [me, account]);
}
