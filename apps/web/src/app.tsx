import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Gate } from './session/gate.tsx';
import { LoginPage } from './session/login-page.tsx';
import { Shell } from './shell/shell.tsx';
import { SubaccountsPage } from './subaccounts/subaccounts-page.tsx';

const SetupPage = lazy(() => import('./session/setup-page.tsx'));
const InvitePage = lazy(() => import('./session/invite-page.tsx'));
const MembersPage = lazy(() => import('./members/members-page.tsx'));
const KeysPage = lazy(() => import('./keys/keys-page.tsx'));
const ActivityPage = lazy(() => import('./activity/activity-page.tsx'));

/** Every address of the app. The acting account stands in the path, never only in a cookie: two tabs can act in two accounts. */
export function App() {
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/setup/:token">{({ token }) => <SetupPage token={token} />}</Route>
        <Route path="/invite/:token">{({ token }) => <InvitePage token={token} />}</Route>
        <Route path="/login">
          <LoginPage />
        </Route>
        <Route path="/a/:account/*?">
          {({ account }) => (
            <Gate>
              <Shell account={account}>
                <Suspense fallback={null}>
                  <Switch>
                    <Route path="/a/:account/subaccounts/:opened?">
                      {({ opened }) => <SubaccountsPage account={account} opened={opened ?? null} />}
                    </Route>
                    <Route path="/a/:account/members">
                      <MembersPage account={account} />
                    </Route>
                    <Route path="/a/:account/developers/api-keys">
                      <KeysPage account={account} />
                    </Route>
                    <Route path="/a/:account/activity">
                      <ActivityPage account={account} />
                    </Route>
                    <Route>
                      <Redirect to={`/a/${account}/subaccounts`} replace />
                    </Route>
                  </Switch>
                </Suspense>
              </Shell>
            </Gate>
          )}
        </Route>
        <Route>
          <Gate>
            <Home />
          </Gate>
        </Route>
      </Switch>
    </Suspense>
  );
}

const Home = lazy(() => import('./session/home-page.tsx'));
