// A server as it is started in production, of this build or an earlier one, on a database of its own with full durability.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { Pool } from 'pg';
import { startEmbedded } from '../../../packages/db/src/index.ts';

/** A server whose main account a program may fill. */
export type Server = {
  /** Calls a procedure with the key of the main account. @throws Error with what the server answered, when it refused */
  call<Answer>(procedure: string, input: object): Promise<Answer>;
  /** Sends a body to a route. @throws Error with what the server answered, when it refused */
  send<Answer>(path: string, type: string, body: string): Promise<Answer>;
  /** The main account. */
  readonly account: string;
  /** Of the server's process. */
  readonly pid: number;
  /** The database as its owner sees it. */
  readonly owner: Pool;
  close(): Promise<void>;
};

const PERSON = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery staple', accountName: 'Main' };
const START_MS = 60_000;

/** @param build folder that holds `apps/api` */
export async function startServer(build: string): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantree-provision-'));
  await chmod(dataDir, 0o755);
  const database = await startEmbedded({ dataDir: join(dataDir, 'database'), durability: 'durable' });
  const owner = new Pool({ ...database.connection, max: 2 });
  owner.on('error', () => {});
  const { host, port: databasePort, user, database: name } = database.connection;
  const port = randomInt(20_000, 30_000);
  const url = `http://localhost:${port}`;
  const env = {
    ...process.env,
    PORT: `${port}`,
    DATA_DIR: join(dataDir, 'server'),
    DATABASE_URL: `postgres://${user}@${encodeURIComponent(host)}:${databasePort}/${name}`,
    SECRET: 'the secret of a server that is measured',
    LOG_LEVEL: 'error',
  };
  const child = spawn(process.execPath, [join(build, 'apps', 'api', 'src', 'main.ts')], { env });
  const leave = (): boolean => child.kill('SIGKILL');
  process.on('exit', leave);
  const { key, account } = await claim(url, await printed(child));
  return {
    call: (procedure, input) => post(`${url}/trpc/${procedure}`, input, { authorization: `Bearer ${key}` }),
    send: async (path, type, body) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type };
      return read(path, await fetch(url + path, { method: 'POST', headers, body }));
    },
    account,
    pid: child.pid ?? 0,
    owner,
    close: async () => {
      process.off('exit', leave);
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
      await owner.end();
      await database.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The secret of the first-run link that a server prints when it is ready. */
async function printed(child: ChildProcess): Promise<string> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  for (const started = performance.now(); performance.now() - started < START_MS; await pass(50)) {
    const [token] = /tt_setup_[\w-]+/.exec(text) ?? [];
    if (token !== undefined) return token;
    if (child.exitCode !== null) break;
  }
  throw new Error(`The server did not start: ${text}`);
}

async function claim(url: string, token: string): Promise<{ readonly key: string; readonly account: string }> {
  const { account } = await post<{ account: string }>(`${url}/trpc/setup.claim`, { token, ...PERSON }, {});
  const { email, password } = PERSON;
  const session = await send(`${url}/auth/sign-in/email`, { email, password }, { origin: url });
  const cookie = session.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const wish = { account, name: 'Benchmark' };
  const { key } = await post<{ key: string }>(`${url}/trpc/keys.create`, wish, { origin: url, cookie });
  return { key, account };
}

const send = (url: string, input: object, headers: Record<string, string>): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });

async function post<Answer>(url: string, input: object, headers: Record<string, string>): Promise<Answer> {
  const answer = await read<{ result: { data: Answer } }>(url, await send(url, input, headers));
  return answer.result.data;
}

async function read<Answer>(asked: string, response: Response): Promise<Answer> {
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${asked} answered ${response.status}: ${JSON.stringify(answer).slice(0, 500)}`);
  return answer as Answer;
}
