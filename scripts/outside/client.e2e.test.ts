import { globSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILDS } from '../../apps/api/src/server/create-server.ts';
import { type Deployment, deploy } from '../../apps/api/test/support/deployment.ts';
import { PROCEDURES } from '../../packages/contract/src/index.ts';
import { root } from '../launch.mjs';
import { IS_LONG } from '../rounds.ts';
import { PRINTS, PROGRAM, tsconfig, WITH_A_CALL, WITHOUT_A_CALL } from './integrator.ts';
import { samplesAsProgram } from './page-samples.ts';
import { createProject, type Project } from './project.ts';

/** Most that the client's declarations weigh for each procedure, gzip -9: they are read by every editor that opens a file with a call. */
const MOST_BYTES_EACH = 195;
/** Most types that a project with one call has. */
const MOST_TYPES = 10_000;
/** Longest that `tsc` takes for a call more, in milliseconds. */
const LONGEST_MS = 2_000;

const packed = (name: string): string => join(root, 'packages', name, 'packed/package');
const read = (name: string, file: string): string => readFileSync(join(packed(name), file), 'utf8');
const declarations = (name: string): string =>
  globSync('**/*.d.ts', { cwd: packed(name) })
    .map((file) => read(name, file))
    .join('\n');

/** The address under which the server offers a package. */
async function addressOf(api: Deployment, name: string): Promise<string> {
  const { packages } = (await (await fetch(`${api.url}/packages`)).json()) as {
    packages: { name: string; path: string }[];
  };
  return `${api.url}${packages.find((one) => one.name === name)?.path}`;
}

describe.each(['client', 'widget'])('@tenantree/%s', (name) => {
  it('names nothing of the workspace, of the server, of its database or of Node', () => {
    const manifest: Record<string, unknown> = JSON.parse(read(name, 'package.json'));
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|\.ts"(?<!\.d\.ts")/);
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('private');
    expect(manifest).toMatchObject({ type: 'module', engines: { node: '>=20' } });
    expect(manifest).toHaveProperty('sideEffects');
    const specifiers = [...declarations(name).matchAll(/(?:from |import\()["']([^"']+)["']/g)].map(
      ([, one = '']) => one,
    );
    const allowed = /^(\.\/|@trpc\/(client|server)$|react$|vue$|svelte\/elements$|@tenantree\/widget$)/;
    expect(specifiers.filter((one) => !allowed.test(one))).toEqual([]);
    expect(declarations(name)).not.toMatch(/kysely|NodeJS\.|Buffer\b|\bzod\b|unstable-core|: any\b/);
  });

  it('lets bundlers drop nothing that is imported for its effects', () => {
    const { sideEffects }: { sideEffects: boolean | string[] } = JSON.parse(read(name, 'package.json'));
    const kept = Array.isArray(sideEffects) ? sideEffects.map((one) => normalize(one)) : [];
    const dropped = globSync('dist/**/*.js', { cwd: packed(name) }).flatMap((file) =>
      [...read(name, file).matchAll(/(?<![\w$.])import\s*["'](\.[^"']+)["']/g)]
        .map(([, specifier = '']) => join(dirname(file), specifier))
        .filter((one) => !kept.some((pattern) => matchesGlob(one, pattern))),
    );
    expect(dropped).toEqual([]);
  });

  it('is what publint and are-the-types-wrong want', async () => {
    const tools = createProject();
    try {
      const tarball = globSync('*.tgz', { cwd: join(packed(name), '..') })[0] ?? '';
      const bin = (tool: string): string => join(root, 'node_modules', tool);
      const publint = await tools.start(bin('publint/src/cli.js'), ['--strict', packed(name)]);
      expect(publint.code, publint.said + publint.complained).toBe(0);
      expect(publint.said).toContain('All good');
      const attw = [join(packed(name), '..', tarball), '--profile', 'esm-only', '--no-color'];
      const types = await tools.start(bin('@arethetypeswrong/cli/dist/index.js'), attw);
      expect(types.code, types.said + types.complained).toBe(0);
    } finally {
      tools.remove();
    }
  });
});

describe('the declarations of @tenantree/client', () => {
  it('say by its name what has one', () => {
    const text = declarations('client');
    expect(text).toMatch(/^\t\tget: Query<\{\n\t+account: string;\n\t+\}, AccountDetail>;$/m);
    expect(text).toMatch(/^type AccountDetail = AccountRow & \{$/m);
    expect(text).toMatch(/^\tlevels: LevelMap;$/m);
    expect(text).toMatch(/^\t\t\tstatus\?: AccountStatus\[\] \| undefined;$/m);
  });

  it('point to no page that only the repository has', () => {
    expect(declarations('client')).not.toContain('rules/');
  });
});

describe('a project with the client, installed from the server', () => {
  let api: Deployment;
  let project: Project;
  beforeAll(async () => {
    api = await deploy({ folders: BUILDS });
    project = createProject();
    await project.install(await addressOf(api, '@tenantree/client'), 'typescript@7.0.2', '@types/node@24.19.2');
  });
  afterAll(async () => {
    project.remove();
    await api.close();
  });

  it('has tRPC beside it, and nothing of the server', () => {
    const installed = globSync(['node_modules/*/package.json', 'node_modules/@*/*/package.json'], {
      cwd: project.folder,
    })
      .map((file) => file.split('/').slice(1, -1).join('/'))
      .filter((one) => !/^(@types\/|@typescript\/|typescript$|undici-types$)/.test(one));
    expect(installed.toSorted()).toEqual(['@tenantree/client', '@trpc/client', '@trpc/server']);
  });

  it('is checked by the compiler and runs', async () => {
    project.write({ 'main.ts': PROGRAM, 'tsconfig.json': tsconfig('main.ts') });
    const compiled = await project.run('tsc', []);
    expect(compiled.said).toBe('');
    // our declarations by themselves: tRPC's name packages that only its servers have
    const checked = await project.run('tsc', ['--noEmit', '--skipLibCheck', 'false']);
    expect(checked.said.split('\n').filter((line) => line.includes('@tenantree'))).toEqual([]);
    const { secret } = await api.key(api.root);
    const ran = await project.start('built/main.js', [api.url, secret, api.root]);
    expect(ran.complained).toBe('');
    expect(JSON.parse(ran.said)).toEqual(PRINTS);
  });

  it('is what the samples of docs/developers.md need to be checked and run as they stand, one after the other', async () => {
    const { secret } = await api.key(api.root);
    const { results } = await api.owner.accounts.createMany.mutate({
      account: api.root,
      accounts: ['crm-4711', 'crm-4712', 'crm-4800'].map((externalId) => ({
        name: `Account ${externalId}`,
        externalId,
      })),
    });
    expect(results.every((result) => 'created' in result)).toBe(true);
    await project.install('eventsource@4.1.1');
    const page = readFileSync(join(root, 'docs/developers.md'), 'utf8');
    project.write({
      'samples.ts': samplesAsProgram(page),
      'samples.json': tsconfig('samples.ts'),
      'accounts.csv': 'externalId,parentExternalId,name\ncrm-west,,Western region\ncrm-4713,crm-west,Bergen Dental\n',
    });
    expect((await project.run('tsc', ['-p', 'samples.json'])).said).toBe('');
    const ran = await project.start('built/samples.js', [api.url, secret, api.root]);
    expect(ran.code, ran.complained).toBe(0);
    expect(ran.complained).toBe('');
  });

  it('costs the compiler little', async () => {
    project.write({ 'with.ts': WITH_A_CALL, 'without.ts': WITHOUT_A_CALL });
    project.write({ 'with.json': tsconfig('with.ts'), 'without.json': tsconfig('without.ts') });
    const check = (config: string) => project.run('tsc', ['-p', config, '--noEmit', '--extendedDiagnostics']);
    const withCall = await check('with.json');
    expect(withCall.code).toBe(0);
    const types = Number(/^Types: +(\d+)/m.exec(withCall.said)?.[1]);
    const bytes = gzipSync(declarations('client'), { level: 9 }).length;
    console.info(`The client's types: ${(bytes / 1000).toFixed(1)} kB gz, ${types} types`);
    expect(types).toBeLessThanOrEqual(MOST_TYPES);
    expect(bytes / PROCEDURES.size).toBeLessThanOrEqual(MOST_BYTES_EACH);
    // How long that takes says little on a machine that does other things at the same time.
    if (!IS_LONG) return;
    const [first, again, without] = [
      await check('without.json'),
      await check('with.json'),
      await check('without.json'),
    ];
    const extraMs = Math.min(withCall.ms, again.ms) - Math.min(first.ms, without.ms);
    console.info(`A call costs ${Math.round(extraMs)} ms`);
    expect(extraMs).toBeLessThanOrEqual(LONGEST_MS);
  });
});
