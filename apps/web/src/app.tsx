import { type AccountId, isId } from '@tenantree/domain';
import { type AccountTab, isAccountTab } from '@tenantree/widget';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { type AroundNavHandler, Redirect, Route, Router, Switch } from 'wouter';
import { Missing, MissingPage } from './parts/missing.tsx';
import { Starting } from './parts/starting.tsx';
import { giveUp } from './parts/unsaved.ts';
import { Gate } from './session/gate.tsx';
import { LoginPage } from './session/login-page.tsx';
import { Shell } from './shell/shell.tsx';
import { SubaccountsPage } from './subaccounts/subaccounts-page.tsx';

const SetupPage = lazy(() => import('./session/setup-page.tsx'));
const ForgotPage = lazy(() => import('./session/forgot-page.tsx'));
const ResetPage = lazy(() => import('./session/reset-page.tsx'));
const YouPage = lazy(() => import('./you/you-page.tsx'));
const InvitePage = lazy(() => import('./session/invite-page.tsx'));
const TransferPage = lazy(() => import('./session/transfer-page.tsx'));
const loadProducts = () => import('./products/products-page.tsx');
const loadBlueprints = () => import('./blueprints/blueprint-pages.tsx');
const loadUsage = () => import('./money/usage-page.tsx');
const loadBilling = () => import('./money/billing-page.tsx');
const loadRebilling = () => import('./money/rebilling-page.tsx');
const loadMembers = () => import('./members/members-page.tsx');
const loadWork = () => import('./work/work-page.tsx');
const loadKeys = () => import('./keys/keys-page.tsx');
const loadActivity = () => import('./activity/activity-page.tsx');
const ProductsPage = lazy(loadProducts);
const BlueprintPages = lazy(loadBlueprints);
const UsagePage = lazy(loadUsage);
const BillingPage = lazy(loadBilling);
const InvoicePage = lazy(() => import('./money/invoice-page.tsx'));
const LateEventsPage = lazy(() => import('./money/late-events-page.tsx'));
const DeparturePage = lazy(() => import('./money/departure-page.tsx'));
const RebillingPage = lazy(loadRebilling);
const DraftInvoicePage = lazy(() => import('./money/draft-invoice-page.tsx'));
const CustomerPage = lazy(() => import('./money/customer-page.tsx'));
const BookPage = lazy(() => import('./money/book-page.tsx'));
const StatementPage = lazy(() => import('./money/statement-page.tsx'));
const MembersPage = lazy(loadMembers);
const WorkPage = lazy(loadWork);
const JobPage = lazy(() => import('./work/job-page.tsx'));
const KeysPage = lazy(loadKeys);
const ActivityPage = lazy(loadActivity);
const ImportPage = lazy(() => import('./account-imports/import-page.tsx'));

/** The account that an address opens beside the table, and its tab. Anybody may have typed it: the server says when there is none such. */
function openedIn(rest: string | undefined): { opened: AccountId | null; tab: AccountTab } {
  const [id = '', tab = ''] = (rest ?? '').split('/');
  return { opened: id === '' ? null : (id as AccountId), tab: isAccountTab(tab) ? tab : 'overview' };
}

/** How long an account is on screen before the other pages are loaded, in milliseconds: turning to one then needs no server. */
const AHEAD_MS = 2_000;

/** Loads the pages that one may turn to next. What fails is tried again when it is turned to. */
function usePagesAhead(): void {
  useEffect(() => {
    const load = (): void =>
      void Promise.allSettled(
        [
          loadProducts,
          loadBlueprints,
          loadMembers,
          loadWork,
          loadKeys,
          loadActivity,
          loadUsage,
          loadBilling,
          loadRebilling,
        ].map((page) => page()),
      );
    const timer = setTimeout(load, AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);
}

/** Going to where one is, such as with the second click of a double click, is no step that Back would have to take again; what is written is not given up for another page unasked. */
const step: AroundNavHandler = (navigate, to, options) => {
  const { href, pathname } = new URL(to, window.location.href);
  const go = (): void => navigate(to, href === window.location.href ? { ...options, replace: true } : options);
  // Another search is another state of the same page.
  if (pathname === window.location.pathname) go();
  else giveUp(go, 'leave this page');
};

/** What stands at an address that names something by its ids: one that is no id, or no number as lines have, is nowhere. */
const named = (
  account: string,
  { line = '1', ...ids }: Readonly<Record<string, string>>,
  page: (line: number) => ReactNode,
): ReactNode =>
  Object.values(ids).every(isId) && /^[1-9]\d{0,8}$/.test(line) ? (
    page(Number(line))
  ) : (
    <MissingPage account={account} />
  );

/** Billing, with invoices, statements that the account has, and accounts that left. */
const BillingPages = ({ account }: { readonly account: string }) => (
  <Switch>
    <Route path="/a/:account/billing">
      <BillingPage key={account} account={account} />
    </Route>
    <Route path="/a/:account/billing/draft">
      <DraftInvoicePage key={account} account={account} />
    </Route>
    <Route path="/a/:account/billing/invoices/:invoice">
      {({ invoice }) =>
        named(account, { invoice }, () => <InvoicePage key={invoice} account={account} invoice={invoice} />)
      }
    </Route>
    <Route path="/a/:account/billing/invoices/:invoice/lines/:line">
      {({ invoice, line: typed }) =>
        named(account, { invoice, line: typed }, (line) => (
          <LateEventsPage
            account={account}
            of={{ invoice }}
            line={line}
            back={`/a/${account}/billing/invoices/${invoice}`}
          />
        ))
      }
    </Route>
    <Route path="/a/:account/billing/departures/:from/:departure">
      {({ from, departure }) =>
        named(account, { from, departure }, () => (
          <DeparturePage key={departure} account={account} from={from} departure={departure} />
        ))
      }
    </Route>
    <Route path="/a/:account/billing/statements/:statement">
      {({ statement }) =>
        named(account, { statement }, () => (
          <StatementPage key={statement} account={account} statement={statement} of="billing" />
        ))
      }
    </Route>
    <Route path="/a/:account/billing/statements/:statement/lines/:line">
      {({ statement, line: typed }) =>
        named(account, { statement, line: typed }, (line) => (
          <LateEventsPage
            account={account}
            of={{ statement }}
            line={line}
            back={`/a/${account}/billing/statements/${statement}`}
          />
        ))
      }
    </Route>
    <Route>
      <MissingPage account={account} />
    </Route>
  </Switch>
);

/** Rebilling, with price books, customers and statements that the account sends. */
const RebillingPages = ({ account }: { readonly account: string }) => (
  <Switch>
    <Route path="/a/:account/rebilling">
      <RebillingPage key={account} account={account} />
    </Route>
    <Route path="/a/:account/rebilling/books/:book">
      {({ book }) =>
        named(account, book === 'new' ? {} : { book }, () => <BookPage key={book} account={account} book={book} />)
      }
    </Route>
    <Route path="/a/:account/rebilling/statements/:statement">
      {({ statement }) =>
        named(account, { statement }, () => (
          <StatementPage key={statement} account={account} statement={statement} of="rebilling" />
        ))
      }
    </Route>
    <Route path="/a/:account/rebilling/customers/:customer">
      {({ customer }) =>
        named(account, { customer }, () => <CustomerPage key={customer} account={account} customer={customer} />)
      }
    </Route>
    <Route path="/a/:account/rebilling/statements/:statement/lines/:line">
      {({ statement, line: typed }) =>
        named(account, { statement, line: typed }, (line) => (
          <LateEventsPage
            account={account}
            of={{ statement }}
            line={line}
            back={`/a/${account}/rebilling/statements/${statement}`}
          />
        ))
      }
    </Route>
    <Route>
      <MissingPage account={account} />
    </Route>
  </Switch>
);

/** The pages inside of an acting account. Their paths are whole: the account stands in each. */
const AccountPages = ({ account }: { readonly account: string }) => (
  <Suspense fallback={null}>
    <Switch>
      <Route path="/a/:account/subaccounts/*?">
        {({ '*': rest }) => <SubaccountsPage account={account} {...openedIn(rest)} />}
      </Route>
      <Route path="/a/:account/import">
        <ImportPage key={account} account={account} />
      </Route>
      <Route path="/a/:account/products/*?">
        {({ '*': rest }) => <ProductsPage key={account} account={account} rest={rest ?? ''} />}
      </Route>
      <Route path="/a/:account/blueprints/*?">{() => <BlueprintPages key={account} account={account} />}</Route>
      <Route path="/a/:account/usage">
        <UsagePage key={account} account={account} />
      </Route>
      <Route path="/a/:account/billing/*?">{() => <BillingPages account={account} />}</Route>
      <Route path="/a/:account/rebilling/*?">{() => <RebillingPages account={account} />}</Route>
      <Route path="/a/:account/members">
        <MembersPage key={account} account={account} />
      </Route>
      <Route path="/a/:account/work">{() => <WorkPage key={account} account={account} />}</Route>
      <Route path="/a/:account/work/:job">
        {({ job }) => named(account, { job }, () => <JobPage key={job} account={account} job={job} />)}
      </Route>
      <Route path="/a/:account/developers/api-keys">
        <KeysPage key={account} account={account} />
      </Route>
      <Route path="/a/:account/activity">
        <ActivityPage key={account} account={account} />
      </Route>
      <Route path="/a/:account/*?">
        {({ '*': rest }) =>
          rest ? <MissingPage account={account} /> : <Redirect to={`/a/${account}/subaccounts`} replace />
        }
      </Route>
    </Switch>
  </Suspense>
);

/** Every address of the app. The acting account stands in the path, never only in a cookie: two tabs can act in two accounts. */
export function App() {
  usePagesAhead();
  return (
    <Router aroundNav={step}>
      <Suspense fallback={<Starting />}>
        <Switch>
          <Route path="/setup/:token">{({ token }) => <SetupPage token={token} />}</Route>
          <Route path="/invite/:token">{({ token }) => <InvitePage token={token} />}</Route>
          <Route path="/transfer/:token">{({ token }) => <TransferPage token={token} />}</Route>
          <Route path="/reset/:token">{({ token }) => <ResetPage token={token} />}</Route>
          <Route path="/forgot">
            <ForgotPage />
          </Route>
          <Route path="/you">
            <Gate>
              <YouPage />
            </Gate>
          </Route>
          <Route path="/login">
            <LoginPage />
          </Route>
          <Route path="/a/:account/*?">
            {({ account }) => (
              <Gate>
                <Shell account={account}>
                  <AccountPages account={account} />
                </Shell>
              </Gate>
            )}
          </Route>
          <Route path="/">
            <Gate>
              <Home />
            </Gate>
          </Route>
          <Route>
            <Missing />
          </Route>
        </Switch>
      </Suspense>
    </Router>
  );
}

const Home = lazy(() => import('./session/home-page.tsx'));
