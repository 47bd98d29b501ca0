import { QueryClientProvider } from '@tanstack/react-query';
import { PERMISSIONS } from '@tenantree/domain';
import type { ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import '../src/base.css';
import { pageStyles } from '../src/parts/page-styles.ts';
import { queries } from '../src/server.ts';

const styles = pageStyles();

let root: Root | null = null;

/** Shows a part of the app at an address, in a page of its own. */
export function mount(part: ReactNode, path = '/'): void {
  unmount();
  document.adoptedStyleSheets = [styles];
  history.replaceState(null, '', path);
  const container = document.createElement('div');
  container.id = 'root';
  document.body.replaceChildren(container);
  root = createRoot(container);
  root.render(<QueryClientProvider client={queries}>{part}</QueryClientProvider>);
}

/** Takes away what is shown and everything that was known. */
export function unmount(): void {
  root?.unmount();
  root = null;
  queries.clear();
  localStorage.clear();
  document.body.replaceChildren();
}

export const HOME = { id: '01940000-0000-7000-8000-000000000001', name: 'Acme Group' };
export const NORTH = { id: '01940000-0000-7000-8000-000000000002', name: 'Acme North' };
export const OLIVIA = { id: 'olivia', name: 'Olivia Owner', email: 'olivia@example.com' };

/** What the server said before: who is signed in, and an account with the path to it. */
export function know(...path: (typeof HOME)[]): void {
  queries.setQueryData(['me'], {
    actor: 'person',
    user: OLIVIA,
    accounts: [{ ...HOME, role: 'owner' }],
    home: HOME.id,
  });
  const account = path.at(-1);
  if (!account) return;
  const count = { own: 1, total: 1 };
  queries.setQueryData(['account', account.id], {
    ...account,
    path,
    depth: path.length - 1,
    parentId: path.at(-2)?.id ?? null,
    externalId: null,
    status: 'active',
    suspension: null,
    protected: false,
    billingMode: 'parent',
    members: count,
    agents: count,
    children: 0,
    subaccounts: 0,
    createdAt: '2026-11-01T00:00:00.000Z',
    payer: null,
    levelsBelow: 5,
    keptDays: 35,
    effective: { kind: null, by: null, changesAt: null },
    levels: Object.fromEntries(PERMISSIONS.map(({ key }) => [key, 'full'])),
    features: null,
    treeVersion: 1,
    resumeId: 'e0.root.1',
  });
}
