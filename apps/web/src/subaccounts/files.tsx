import { filtersIn, type ScreenView } from '@tenantree/widget';
import { Link } from 'wouter';
import { saveJob } from '../money/save-job.ts';
import { Act } from '../parts/cards.tsx';
import { tenantree } from '../server.ts';
import css from './subaccounts.module.css';

type Props = { readonly account: string; readonly mayImport: boolean; readonly view: ScreenView };

/** Below the table: what it shows, at every depth, as a file, and accounts out of one. */
export default function Files({ account, mayImport, view }: Props) {
  if (account === '') return null;
  const { query, status } = view;
  const { layout: _, ...filters } = filtersIn(view);
  const asked = { account, status: [...status], ...(query !== '' && { query }), ...filters };
  const isPart = query !== '' || Object.keys(filters).length > 0;
  return (
    <div slot="footer" className={css.files}>
      <Act does={() => saveJob(account, () => tenantree.trpc.accounts.export.mutate(asked))} working="Writing…">
        {isPart ? 'Export what was found' : 'Export all as CSV'}
      </Act>
      {mayImport && <Link href={`/a/${account}/import`}>Import accounts</Link>}
    </div>
  );
}
