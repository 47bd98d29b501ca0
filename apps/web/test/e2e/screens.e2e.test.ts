import type { RowId } from '@tenantree/domain';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IS_LONG } from '../../../../scripts/rounds.ts';
import { upload } from '../../../api/test/support/imports.ts';
import { type App, choose, expectAccessible, row, startApp } from './app.ts';
import { claim, type Owner } from './owner.ts';

const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG';
const RTL = 'شركة الاتصالات العربية المتحدة';

let app: App;
let owner: Owner;
let home: BrowserContext;
let north: string;
let dental: string;
let invitation: string;
/** Files of accounts: one that is checked, with bad rows, and one that was imported. */
let file: string;
let imported: string;
let agent: string;
let blueprint: RowId;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  const { client, root } = owner;
  const create = async (account: string, name: string) =>
    (await client.accounts.create.mutate({ account, name })).account.id;
  north = await create(root, 'Acme North');
  dental = await create(north, 'Northgate Dental');
  await create(root, RTL);
  const paused = await create(root, 'Paused');
  await client.accounts.suspend.mutate({ account: paused, kind: 'read_only' });
  await client.accounts.createMain.mutate({ name: 'Second main account' });
  await client.accounts.export.mutate({ account: root });
  const { key } = await client.keys.create.mutate({ account: root, name: 'CRM sync' });
  const made = await client.products.create.mutate({
    account: root,
    kind: 'agent',
    products: [{ document: { name: 'Front desk', prompt: { never: [LONG], variables: { practice: RTL } } } }],
  });
  agent = made.products[0]?.id ?? '';
  const saved = await client.blueprints.save.mutate({ account: root, name: LONG, limits: { agents: { max: 5 } } });
  blueprint = saved.id;
  await client.accounts.create.mutate({ account: root, name: LONG, blueprint: { ...saved, variables: {} } });
  const email = 'somebody.with.a.very.long.address@subdomain.example-company.com';
  invitation = (await client.members.invite.mutate({ account: root, email, role: 'admin' })).link;
  home = await owner.context();
  const send = (content: string) =>
    upload({ url: app.url, headers: {} }, root, content, { authorization: `Bearer ${key}` });
  const bad = 'externalId,parentExternalId,name\r\none,,One\r\ntwo,nope,Two\r\nthree,one,x\r\n';
  file = (await send(bad)).import;
  await client.accountImports.plan.mutate({ account: root, import: file });
  imported = (await send('externalId,name\r\nzero,Zero accounts\r\n')).import;
  await client.accountImports.plan.mutate({ account: root, import: imported });
  await client.accountImports.run.mutate({ account: root, import: imported });
});
afterAll(() => app.close());

/** A screen: its address, and what leads from there to what is looked at. */
type Screen = readonly [name: string, path: () => string, show: (page: Page) => Promise<void>];

const subaccounts = (): string => `/a/${owner.root}/subaccounts`;
const rows = (page: Page) => row(page, 'Acme North').waitFor();
const dialog = (page: Page) => page.getByRole('dialog').first().waitFor();

const INSIDE: readonly Screen[] = [
  ['home', () => '/', (page) => page.getByText('Choose an account').waitFor()],
  [
    'the palette',
    subaccounts,
    async (page) => {
      await rows(page);
      await page.keyboard.press('Control+k');
      // What is typed before is in it at once, and React Aria names an option that is gone by then until the next key.
      await page.getByPlaceholder('Search or jump to …').waitFor();
      await page.keyboard.type('dental');
      await page.getByRole('option', { name: /Northgate Dental/ }).waitFor();
    },
  ],
  ['rows', subaccounts, rows],
  [
    'an open row',
    subaccounts,
    async (page) => {
      await row(page, 'Acme North').focus();
      await page.keyboard.press('ArrowRight');
      await row(page, 'Northgate Dental').waitFor();
    },
  ],
  [
    'nothing found',
    subaccounts,
    async (page) => {
      await rows(page);
      await page.getByPlaceholder('Search name or id').fill('xyz');
      await page.getByText('Nothing found').waitFor();
    },
  ],
  [
    'creating',
    subaccounts,
    async (page) => {
      await rows(page);
      await page.getByRole('button', { name: 'Create subaccount' }).first().click();
      await dialog(page);
    },
  ],
  ...(['Suspend', 'Move', 'Close'] as const).map(
    (act): Screen => [
      act,
      subaccounts,
      async (page) => {
        await rows(page);
        await choose(page, 'Acme North', act);
        await dialog(page);
      },
    ],
  ),
  [
    'the menu of a row',
    subaccounts,
    async (page) => {
      await rows(page);
      await row(page, 'Acme North')
        .getByRole('button', { name: /^Actions for/ })
        .click();
      await page.getByRole('menuitem').first().waitFor();
    },
  ],
  [
    'the account switcher',
    subaccounts,
    async (page) => {
      await rows(page);
      await page.getByRole('button', { name: /^Acting account/ }).click();
      await page.getByPlaceholder('Search accounts').fill('dental');
      await page.getByRole('option', { name: /Northgate Dental/ }).waitFor();
    },
  ],
  [
    'the own menu',
    subaccounts,
    async (page) => {
      await rows(page);
      await page.getByRole('button', { name: /^Signed in as|OO/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    },
  ],
  [
    'the sheet of shortcuts',
    subaccounts,
    async (page) => {
      await rows(page);
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
      await dialog(page);
    },
  ],
  [
    'acting inside, no subaccounts',
    () => `/a/${dental}/subaccounts`,
    (page) => page.getByText('No subaccounts yet').waitFor(),
  ],
  [
    'an account beside the table',
    () => `${subaccounts()}/${north}`,
    (page) => page.getByRole('heading', { name: 'Acme North' }).waitFor(),
  ],
  [
    'the activity of an account',
    () => `${subaccounts()}/${north}/activity`,
    (page) => page.getByRole('button', { name: 'Export CSV' }).waitFor(),
  ],
  ['products', () => `/a/${owner.root}/products`, (page) => page.getByRole('link', { name: 'Front desk' }).waitFor()],
  [
    'a part of an agent, with changes',
    () => `/a/${owner.root}/products/agent/${agent}/prompt`,
    async (page) => {
      await page.getByLabel('Greeting').fill('Good morning');
      await page.getByRole('button', { name: 'Save' }).waitFor();
    },
  ],
  ['blueprints', () => `/a/${owner.root}/blueprints`, (page) => page.getByText('1 as set up').waitFor()],
  [
    'a blueprint, with how accounts stand to it',
    () => `/a/${owner.root}/blueprints/${blueprint}`,
    async (page) => {
      await page.getByLabel(`Choose ${LONG}`).check();
      await page.getByLabel('Agents: at most').waitFor();
    },
  ],
  [
    'what a blueprint would do',
    () => `/a/${owner.root}/blueprints/${blueprint}/apply`,
    async (page) => {
      await page.getByRole('button', { name: 'Choose all below' }).click();
      await page.getByText(/^\d accounts chosen/).waitFor();
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.getByText(/^What it does to/).waitFor();
    },
  ],
  ['members', () => `/a/${owner.root}/members`, (page) => page.getByText(/Invitation expires/).waitFor()],
  ['work', () => `/a/${owner.root}/work`, (page) => page.getByRole('link', { name: 'Export' }).waitFor()],
  [
    'a job with its file',
    () => `/a/${owner.root}/work`,
    async (page) => {
      await page.getByRole('link', { name: 'Export' }).click();
      await page.getByRole('button', { name: /^Save .*\.csv$/ }).waitFor();
    },
  ],
  [
    'keys and a question',
    () => `/a/${owner.root}/developers/api-keys`,
    async (page) => {
      await page.getByRole('button', { name: 'Revoke CRM sync' }).click();
      await dialog(page);
    },
  ],
  [
    'activity with nested, one entry open',
    () => `/a/${owner.root}/activity?scope=nested`,
    async (page) => {
      await page.getByText(/suspended Paused/).click();
      await page.getByRole('button', { name: 'Only this account' }).waitFor();
    },
  ],
  ['choosing a file of accounts', () => `/a/${owner.root}/import`, (page) => page.getByLabel(/^CSV file/).waitFor()],
  [
    'a file of accounts with bad rows',
    () => `/a/${owner.root}/import?file=${file}`,
    async (page) => {
      await page.getByText('Parent missing', { exact: true }).waitFor();
      await page.getByLabel('Without the 2 bad rows').check();
    },
  ],
  [
    'a file of accounts that was imported',
    () => `/a/${owner.root}/import?file=${imported}`,
    (page) => page.getByText('The import is over. 1 account made.').waitFor(),
  ],
  [
    'no such account',
    () => '/a/00000000-0000-7000-8000-000000000000/subaccounts',
    (page) => page.getByText('No such account').waitFor(),
  ],
];

const OUTSIDE: readonly Screen[] = [
  ['sign-in', () => '/login', (page) => page.getByRole('button', { name: 'Sign in' }).waitFor()],
  ['first run, over', () => '/setup/tt_setup_used', (page) => page.getByText('Already set up').waitFor()],
  ['invitation', () => new URL(invitation).pathname, (page) => page.getByLabel('Your name').waitFor()],
];

const overflow = 'document.documentElement.scrollWidth - window.innerWidth';

/** Shows a screen: from no page at all, so that nothing that was opened before is still there. */
async function open(page: Page, [, path, show]: Screen): Promise<void> {
  await page.goto('about:blank');
  await page.goto(app.url + path());
  await show(page);
}

/** Shows a screen where the page is at its address already, once what was opened there is closed; else opens it. */
async function turnTo(page: Page, screen: Screen): Promise<void> {
  const [, path, show] = screen;
  if (page.url() !== app.url + path()) return open(page, screen);
  const opened = page.getByRole('dialog').or(page.getByRole('menuitem'));
  const left = async (): Promise<number> => {
    // What is searched for is cleared first.
    await page.keyboard.press('Escape');
    return opened.count();
  };
  await expect.poll(left).toBe(0);
  await show(page);
}

type Look = { readonly width: number; readonly scheme?: 'light' | 'dark'; readonly looks?: 'everything' | 'colours' };

/** Looks at the screen that is shown: nothing is wider than the window, and axe finds nothing, where it is asked. */
async function look(page: Page, [name]: Screen, { width, scheme = 'light', looks }: Look): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme: scheme });
  if (looks !== undefined) await expectAccessible(page, `${name} ${width} ${scheme}`, looks);
  const wider = () => page.evaluate<number>(overflow);
  await expect.poll(wider, { message: `${name} ${width} is wider than the window` }).toBeLessThanOrEqual(0);
}

/** Where 1280 px are at 400 %, to which one comes from wider ones. */
const NARROWEST: Look = { width: 320 };
const wide: Look = { width: 1360, looks: 'everything' };
const narrow: Look = { width: 420, looks: 'everything' };

type Tour = { readonly name: string; readonly show: typeof open; readonly looks: readonly Look[] };
const TOURS: readonly Tour[] = IS_LONG
  ? [
      { name: 'wide, then narrow', show: turnTo, looks: [wide, { ...narrow, scheme: 'dark' }, NARROWEST] },
      { name: 'opened wide', show: open, looks: [wide, { ...wide, scheme: 'dark', looks: 'colours' }] },
      { name: 'opened narrow', show: open, looks: [narrow, NARROWEST] },
    ]
  : [
      {
        name: 'wide, then narrow',
        show: turnTo,
        looks: [wide, { ...narrow, scheme: 'dark', looks: 'colours' }, NARROWEST],
      },
    ];

it('begins at the top when it is opened, and at the title of a page that one turns to', async () => {
  const page = await app.open({ context: home });
  const isFocused = (name: string, role: 'link' | 'heading') => () =>
    page.getByRole(role, { name, exact: true }).evaluate((one) => one === document.activeElement);
  await page.goto(`${app.url}${subaccounts()}`);
  await rows(page);
  await page.keyboard.press('Tab');
  await expect.poll(isFocused('Skip to the content', 'link')).toBe(true);
  await page.getByRole('link', { name: 'Members' }).click();
  await expect.poll(isFocused('Members', 'heading')).toBe(true);
  await page.close();
});

it('imports a file of accounts by the keyboard, goes on while one is away, and says what came of it', async () => {
  const page = await app.open({ context: home });
  await page.goto(`${app.url}${subaccounts()}`);
  await rows(page);
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Search or jump to …').fill('import acc');
  await page.getByRole('option', { name: 'Import accounts' }).waitFor();
  await page.keyboard.press('Enter');
  const content =
    'externalId,parentExternalId,name\r\nby-keys-1,,By keys\r\nby-keys-2,by-keys-1,Below it\r\nbad,nope,Nowhere\r\n';
  await page
    .getByLabel(/^CSV file/)
    .setInputFiles({ name: 'keys.csv', mimeType: 'text/csv', buffer: Buffer.from(content) });
  const run = page.getByRole('button', { name: 'Import 2 accounts' });
  await run.waitFor();
  expect(await run.getAttribute('aria-disabled')).toBe('true');
  expect(await page.getByRole('row').filter({ hasText: 'Parent missing' }).innerText()).toMatch(
    /4\s+Parent missing\s+parentExternalId/,
  );
  const [errors] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download errors' }).press('Enter'),
  ]);
  expect(errors.suggestedFilename()).toBe('keys-errors.csv');
  await page.getByLabel('All or nothing').focus();
  await page.keyboard.press('ArrowDown');
  await run.press('Enter');
  await page.getByText('The import is over. 2 accounts made.').waitFor();
  await page.reload();
  await page.getByText('The import is over. 2 accounts made.').waitFor();
  await page.getByRole('link', { name: 'Subaccounts', exact: true }).last().press('Enter');
  await row(page, 'By keys').waitFor();
  await page.close();
});

describe('every screen', () => {
  it.each(TOURS)(
    'is as wide as the window, and accessible in light and dark ($name)',
    async ({ show, looks }) => {
      const visit = async (page: Page, screen: Screen): Promise<void> => {
        await page.setViewportSize({ width: looks[0]?.width ?? 0, height: 800 });
        await show(page, screen);
        for (const one of looks) await look(page, screen, one);
      };
      const page = await app.open({ context: home });
      for (const screen of INSIDE) await visit(page, screen);
      await page.close();
      const guest = await app.open();
      for (const screen of OUTSIDE) await visit(guest, screen);
      await guest.context().close();
    },
    240_000,
  );

  it('has thrown nothing, and tried nothing that its policy forbids', () => {
    expect(app.faults).toEqual([]);
  });
});
