// The one entry behind `npm start`, `npm test`, `npm run demo`, `npm run portal` and `npm run bench`.
// Plain JavaScript without dependencies: it runs on whatever Node ≥ 20 the machine has, brings everything else and
// then hands over to the Node that the lockfile pins.
import { join } from 'node:path';
import { installBench, installDependencies } from './install.mjs';
import { checkPort, findRuntime, root, run, runFrontEndBuild, serverUrl } from './launch.mjs';
import { runTests } from './test-run.mjs';

/** @type {Record<string, (args: string[]) => Promise<number>>} */
const commands = {
  async start(args) {
    await checkPort(process.env);
    await installDependencies('production');
    const built = await runFrontEndBuild();
    if (built !== 0) return built;
    return run(findRuntime(), [join(root, 'apps/api/src/main.ts'), ...args], { untilParentEnds: true });
  },
  async test(args) {
    await installDependencies('full');
    return runTests(args);
  },
  // What takes longer than everybody wants to wait with every change: files named *.long.test.ts, and scripts/rounds.ts
  async 'test:long'(args) {
    await installDependencies('full');
    process.env['TENANTREE_LONG'] = '1';
    return runTests(['--project', 'long*', ...args]);
  },
  // Firefox and WebKit, on machines that have Debian's packages: apt-get install firefox-esr webkit2gtk-driver xvfb
  async 'test:browsers'(args) {
    await installDependencies('full');
    process.env['TENANTREE_OTHER_BROWSERS'] = '1';
    return runTests(['--project', 'browsers', ...args]);
  },
  async demo(args) {
    await installDependencies('production');
    return runExample('examples/demo/main.ts', args);
  },
  async portal(args) {
    await installDependencies('production');
    return runExample('examples/portal/server.ts', args);
  },
  async bench(args) {
    await installDependencies('production');
    await installBench();
    return run(findRuntime(), [join(root, 'bench/src/main.ts'), ...args], { untilParentEnds: true });
  },
};

/**
 * @param {string} file
 * @param {string[]} args
 */
const runExample = (file, args) =>
  run(findRuntime(), [join(root, file), ...args], {
    untilParentEnds: true,
    env: { TENANTREE_URL: serverUrl(process.env) },
  });

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(commands).join(' | ')}`);
  process.exit(2);
}
try {
  process.exit(await command(args));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
