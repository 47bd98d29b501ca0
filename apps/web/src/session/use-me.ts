import { useQuery } from '@tanstack/react-query';
import { tenantree } from '../server.ts';

/** Who is signed in, and where they come in. */
export const useMe = () =>
  useQuery({ queryKey: ['me'], queryFn: () => tenantree.trpc.session.me.query(), staleTime: 60_000 });
