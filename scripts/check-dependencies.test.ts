import { describe, expect, it } from 'vitest';
import { checkSource, findCircles } from './check-dependencies.mjs';

describe('dependency direction', () => {
  const refused: [file: string, source: string, reason: RegExp][] = [
    ['packages/domain/src/a.ts', `import { db } from '@tenantree/db';`, /domain can't import db/],
    ['packages/domain/src/a.ts', `import { z } from 'zod';`, /domain has no dependencies/],
    ['packages/domain/src/a.ts', `import { readFile } from 'node:fs';`, /domain has no dependencies/],
    ['packages/db/src/a.ts', `import type { Context } from '@tenantree/api';`, /db can't import api/],
    ['packages/db/src/a.ts', `type C = import('@tenantree/api').Context;`, /db can't import api/],
    ['packages/client/src/a.ts', `import { appRouter } from '@tenantree/api';`, /only the types of the router/],
    ['packages/client/src/a.ts', `import { createHash } from 'node:crypto';`, /runs in browsers/],
    ['packages/widget/src/a.ts', `export { App } from '@tenantree/web';`, /widget can't import web/],
    ['packages/widget/src/a.ts', `const page = await import('@tenantree/db');`, /widget can't import db/],
    ['packages/widget/src/a.ts', `import type { AppRouter } from '@tenantree/api';`, /widget can't import api/],
    ['apps/web/src/a.tsx', `import type { Router } from '@tenantree/api';`, /web can't import api/],
    ['apps/web/src/a.tsx', `import { x } from '../../../packages/widget/src/x.ts';`, /by name, not by path/],
    ['apps/api/src/usage/a.ts', `import { Pool } from 'pg';`, /SQL lives in db/],
    ['apps/api/src/auth/a.ts', `import type { Kysely } from 'kysely';`, /SQL lives in db/],
    [
      'apps/api/src/usage/a.ts',
      `import type { A } from '../accounts/a.ts';`,
      /slice usage can't import slice accounts/,
    ],
    ['apps/api/src/live/a.ts', `import { a } from '../usage/a.ts';`, /the hall \(live\) can't import the slice usage/],
    ['apps/api/src/usage/a.ts', `import { start } from '../../test/start.ts';`, /can't import its tests/],
    ['apps/api/src/wire/a.ts', `import type { Config } from '../server/config.ts';`, /only the program imports server/],
    ['apps/api/src/wire/a.ts', `import { a } from '../usage/a.ts';`, /the hall \(wire\) can't import the slice usage/],
    ['apps/api/src/guard/a.ts', `import { a } from '../wire/a.ts';`, /the wire brings calls to guard/],
    ['examples/demo/a.ts', `import { stores } from '@tenantree/db';`, /example can't import db/],
  ];
  it.each(refused)('refuses in %s: %s', (file, source, reason) => {
    expect(checkSource(file, source)).toEqual([expect.stringMatching(reason)]);
  });

  const accepted: [file: string, source: string][] = [
    ['packages/db/src/a.ts', `import { Pool } from 'pg'; import type { AccountId } from '@tenantree/domain';`],
    ['packages/client/src/a.ts', `import type { AppRouter } from '@tenantree/api';`],
    ['packages/client/src/a.ts', `import { type AppRouter, type X } from '@tenantree/api';`],
    ['packages/widget/src/a.ts', `import { createTenantree } from '@tenantree/client'; import { html } from 'lit';`],
    ['apps/api/src/usage/a.ts', `import { guard } from '../guard/guard.ts'; import { b } from './b.ts';`],
    ['apps/api/src/usage/a.ts', `import { errors } from '../errors.ts';`],
    [
      'apps/api/src/router.ts',
      `import { usage } from './usage/procedures.ts'; import { a } from './accounts/procedures.ts';`,
    ],
    ['apps/api/test/a.test.ts', `import { createTenantree } from '@tenantree/client';`],
    [
      'packages/client/test/a.test.ts',
      `import { startServer } from '@tenantree/api'; import { once } from 'node:events';`,
    ],
    ['bench/src/a.ts', `import { hub } from '../../apps/api/src/live/hub.ts';`],
  ];
  it.each(accepted)('accepts in %s: %s', (file, source) => {
    expect(checkSource(file, source)).toEqual([]);
  });
});

describe('circles of files', () => {
  it('are found, type imports counted', () => {
    const sources = new Map([
      ['apps/api/src/a.ts', `import type { B } from './b.ts';`],
      ['apps/api/src/b.ts', `export { c } from './c/c.ts';`],
      ['apps/api/src/c/c.ts', `import { type A, a } from '../a.ts';`],
      ['apps/api/src/d.ts', `import { a } from './a.ts';`],
    ]);
    expect(findCircles(sources)).toEqual([
      'apps/api/src/a.ts → apps/api/src/b.ts → apps/api/src/c/c.ts → apps/api/src/a.ts',
    ]);
  });

  it('are not seen where files only share others', () => {
    const sources = new Map([
      ['a.ts', `import { b } from './b.ts'; import { c } from './c.ts';`],
      ['b.ts', `import { c } from './c.ts';`],
      ['c.ts', `import { d } from 'elsewhere';`],
    ]);
    expect(findCircles(sources)).toEqual([]);
  });
});
