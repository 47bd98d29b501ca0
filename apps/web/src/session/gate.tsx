import { refusalOf } from '@tenantree/client';
import type { ReactNode } from 'react';
import { Redirect, useLocation, useSearch } from 'wouter';
import { Button } from '../parts/parts.tsx';
import { Starting } from '../parts/starting.tsx';
import { Stage } from './stage.tsx';
import { useMe } from './use-me.ts';

/** Lets those in who are signed in; the others sign in first, and come back to the address they asked for. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const me = useMe();
  const [path] = useLocation();
  const search = useSearch();
  if (me.error && refusalOf(me.error).code === 'UNAUTHORIZED') {
    const to = encodeURIComponent(path + (search ? `?${search}` : ''));
    return <Redirect to={`/login?to=${to}${me.data ? '&ended=1' : ''}`} replace />;
  }
  if (me.data) return children;
  if (!me.error) return <Starting />;
  return (
    <Stage title="This page can’t begin" lead={`${refusalOf(me.error).message} Nothing is lost.`}>
      <Button look="primary" onClick={() => void me.refetch()}>
        Try again
      </Button>
    </Stage>
  );
}
