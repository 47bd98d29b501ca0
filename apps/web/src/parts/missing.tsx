import { Link } from 'wouter';
import { Stage } from '../session/stage.tsx';
import { Empty, Page } from './parts.tsx';

const TITLE = 'There is nothing at this address';
const LEAD = 'A link may have been cut short, or what it led to has moved.';

/** In place of a page inside of an account that there is none of. */
export const MissingPage = ({ account }: { readonly account: string }) => (
  <Page title={TITLE} lead={LEAD}>
    <div className="card">
      <Empty>
        <Link href={`/a/${account}/subaccounts`}>To the subaccounts</Link>
      </Empty>
    </div>
  </Page>
);

/** In place of a page that there is none of. */
export const Missing = () => (
  <Stage title={TITLE} lead={LEAD}>
    <Link href="/">To your accounts</Link>
  </Stage>
);
