import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { further } from '../../../scripts/further.ts';
import { databasesOf, type Programs, preparePrograms } from './support/programs.ts';
import { TEST_SECRET } from './support/start-api.ts';

let programs: Programs;

beforeEach(async () => {
  programs = await preparePrograms();
});
afterEach(() => programs.close());

/** What the program says when it can't start. Nothing of it is left then, and it shows nobody where its code lies. */
async function refusal(settings: Record<string, string>): Promise<string> {
  const program = programs.launch(settings);
  expect(await program.ended, program.printed()).toBe(1);
  expect(program.printed()).not.toMatch(/^ +at /m);
  expect(await databasesOf(programs.dataDir)).toEqual([]);
  return program.printed().trim();
}

describe('a program that can’t start', () => {
  it('says all that is wrong with its settings', async () => {
    expect(await refusal({ PORT: 'abc', MAX_DEPTH: 'deep' })).toMatch(/PORT .*\n.*MAX_DEPTH /);
  });

  further('says that its port is taken, and stops its database', async () => {
    const port = randomInt(20_000, 30_000);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    expect(await refusal({ PORT: String(port) })).toContain(`PORT ${port} is in use by another program`);
    other.close();
  });

  further('says that its host is no address of this machine', async () => {
    expect(await refusal({ HOST: '192.0.2.1' })).toContain('HOST 192.0.2.1 is no address of this machine');
  });

  further('says that its data folder is none', async () => {
    const file = join(programs.dataDir, 'file');
    await writeFile(file, '');
    expect(await refusal({ DATA_DIR: file })).toMatch(/DATA_DIR can't be used: .*file/);
    expect(await refusal({ DATA_DIR: join(file, 'below'), SECRET: TEST_SECRET })).toMatch(/data folder .*below can’t/);
  });

  it('says that another one uses its data folder, which goes on', async () => {
    const first = await programs.start();
    const second = programs.launch();
    expect(await second.ended).toBe(1);
    expect(second.printed()).toMatch(/^\nAnother server \(pid \d+\) is using .*\n\n$/);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  });

  further('says why its PostgreSQL can’t be reached, and nothing of the password', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const ask = (host: string): Promise<string> =>
      refusal({ DATABASE_URL: `postgres://me:sesame@${host}/db`, SECRET: TEST_SECRET });
    const answers = await Promise.all([ask('127.0.0.1:1'), ask('nowhere.invalid'), ask(`127.0.0.1:${port}`)]);
    silent.close();
    for (const answer of answers) {
      expect(answer).toContain('The database can’t be reached: ');
      expect(answer).not.toContain('sesame');
    }
  });
});
