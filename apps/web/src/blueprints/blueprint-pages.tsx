import { lazy } from 'react';
import { Route, Switch } from 'wouter';
import { MissingPage } from '../parts/missing.tsx';
import BlueprintsPage from './blueprints-page.tsx';

const BlueprintPage = lazy(() => import('./blueprint-page.tsx'));
const ApplyPage = lazy(() => import('./apply-page.tsx'));

/** The pages of blueprints: the list, one of them, and applying it. */
const BlueprintPages = ({ account }: { readonly account: string }) => (
  <Switch>
    <Route path="/a/:account/blueprints/:blueprint/apply">
      {({ blueprint }) => <ApplyPage key={blueprint} account={account} blueprint={blueprint} />}
    </Route>
    <Route path="/a/:account/blueprints/:blueprint">
      {({ blueprint }) => <BlueprintPage key={blueprint} account={account} blueprint={blueprint} />}
    </Route>
    <Route path="/a/:account/blueprints">
      <BlueprintsPage account={account} />
    </Route>
    <Route>
      <MissingPage account={account} />
    </Route>
  </Switch>
);

export default BlueprintPages;
