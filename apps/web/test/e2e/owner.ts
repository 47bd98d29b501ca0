import type { BrowserContext, BrowserContextOptions } from 'playwright-core';
import { type Client, clientOf, clientWith, PASSWORD, signIn } from '../../../api/test/support/clients.ts';
import { type App, EMAIL } from './app.ts';

/** The owner of a deployment that nobody had to click together. */
export type Owner = {
  /** The main account. */
  readonly root: string;
  readonly client: Client;
  /** Makes a browser context in which the owner is signed in. */
  context(options?: BrowserContextOptions): Promise<BrowserContext>;
};

/** Claims the deployment through the API and signs its owner in. */
export async function claim(app: App): Promise<Owner> {
  const token = app.setupLink.split('/').at(-1) ?? '';
  const { account } = await clientWith(app.url, {}).setup.claim.mutate({
    token,
    name: 'Olivia Owner',
    email: EMAIL,
    password: PASSWORD,
    accountName: 'Acme Group',
  });
  return {
    root: account,
    client: clientOf(app.url, await signIn(app.url, EMAIL, PASSWORD)),
    context: async (options) => {
      const cookie = await signIn(app.url, EMAIL, PASSWORD);
      const context = await app.browser.newContext(options);
      const at = cookie.indexOf('=');
      await context.addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: app.url }]);
      return context;
    },
  };
}
