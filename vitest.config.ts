import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_ARGS, findChromium } from './scripts/chromium.ts';
import { LongestFirst } from './scripts/longest-first.ts';
import { AGAIN, AGAIN_IN_A_BROWSER, IS_LONG } from './scripts/rounds.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Every dependency that browser tests load: bundled before the first test, so that no reload interrupts one. */
const PREBUNDLED = [
  'react',
  'react/jsx-runtime',
  'react/jsx-dev-runtime',
  'react-dom',
  'react-dom/client',
  'axe-core',
  '@lit/react',
  '@tanstack/react-query',
  'react-aria-components/Autocomplete',
  'react-aria-components/Header',
  'react-aria-components/Input',
  'react-aria-components/ListBox',
  'react-aria-components/Popover',
  'react-aria-components/SearchField',
  'wouter',
  '@tenantree/client > @trpc/client',
  '@tenantree/client > @trpc/server/observable',
  '@tenantree/widget > lit',
];

const everywhere = ['**/node_modules/**', '**/dist/**', '**/packed/**', 'bench/**'];
/** What `npm run test:long` runs. */
const LONG = '**/*.long.test.{ts,tsx}';
// two cores, a database, a browser and perhaps a neighbour: slow is not wrong
const patient = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  teardownTimeout: 20_000,
  expect: { poll: { timeout: 10_000 } },
  setupFiles: [folder('scripts/patience.ts')],
};

const executablePath = await findChromium();
/** How tests run in a page. Made anew for each project: vitest names what it is given. */
const inBrowser = () => ({
  // the web app is the root because it reaches every package that runs in a browser
  root: folder('apps/web'),
  optimizeDeps: { include: PREBUNDLED },
  server: { fs: { allow: [folder('.')] } },
  // a page has no environment
  define: { 'process.env.TENANTREE_LONG': JSON.stringify(process.env['TENANTREE_LONG'] ?? '') },
  test: {
    ...patient,
    // Files of one worker share a page: each would load the whole app anew.
    isolate: false,
    setupFiles: [...patient.setupFiles, folder('apps/web/test/fresh-page.ts')],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath, args: CHROMIUM_ARGS } }),
      instances: [{ browser: 'chromium' as const }],
      viewport: { width: 1280, height: 800 },
    },
  },
});

/** What `npm run test:browsers` runs: browsers that come with no package, on machines that have them. */
const otherBrowsers = {
  test: { ...patient, testTimeout: 120_000, name: 'browsers', include: ['apps/web/test/browsers/*.smoke.ts'] },
};

/** Whole matrices and rounds, one file after the other: too long for every run, and run before every release. */
const longOnes = {
  test: {
    ...patient,
    testTimeout: 600_000,
    hookTimeout: 300_000,
    name: 'long',
    include: ['{apps,packages,examples,scripts}/**/*.long.test.ts', ...AGAIN],
    exclude: everywhere,
    fileParallelism: false,
  },
};

/** Further looks at what a page shows. */
const longOnesInBrowser = {
  ...inBrowser(),
  test: {
    ...inBrowser().test,
    name: 'long-browser',
    include: AGAIN_IN_A_BROWSER.map((file) => `../../${file}`),
    exclude: everywhere,
  },
};

export default defineConfig({
  test: {
    reporters: [['default', { summary: false }], './scripts/count-reporter.ts'],
    globalSetup: ['./packages/db/src/testing-server.ts', './scripts/linked-server.ts'],
    sequence: { sequencer: LongestFirst },
    // one more than two cores: many tests wait for a server that starts or ends
    maxWorkers: Math.max(3, availableParallelism() - 1),
    onConsoleLog: (log) => !log.includes('Lit is in dev mode'),
    projects: [
      {
        test: {
          ...patient,
          name: 'node',
          // Files of one worker share what they import: read anew by each, it would be a fifth of the whole run.
          isolate: false,
          include: [
            'packages/{domain,contract,db,client}/{src,test}/**/*.test.ts',
            'packages/widget/src/**/*.test.ts',
            'apps/api/{src,test}/**/*.test.ts',
            'apps/web/src/**/*.test.ts',
            'examples/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude: [...everywhere, LONG, '**/*.e2e.test.ts'],
        },
      },
      {
        ...inBrowser(),
        test: {
          ...inBrowser().test,
          name: 'browser',
          include: ['test/**/*.test.{ts,tsx}', '../../packages/widget/test/**/*.test.{ts,tsx}'],
          exclude: [...everywhere, LONG, '**/*.e2e.test.ts', '../../**/*.e2e.test.ts'],
        },
      },
      {
        test: {
          ...patient,
          testTimeout: 120_000,
          name: 'e2e',
          // Files of one worker share what they import: each would read Playwright and the server anew.
          isolate: false,
          include: ['{apps,packages,examples,scripts}/**/*.e2e.test.ts'],
          exclude: everywhere,
          // after the others: a browser, a server and a database each
          sequence: { groupOrder: 1 },
          // Playwright looks again for what isn't there yet after half a second: meanwhile another file has the core
          maxWorkers: 3,
        },
      },
      ...(IS_LONG ? [longOnes, longOnesInBrowser] : []),
      ...(process.env['TENANTREE_OTHER_BROWSERS'] === '1' ? [otherBrowsers] : []),
    ],
  },
});
