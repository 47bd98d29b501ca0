import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@tenantree/db';
import type { TestDatabase } from '@tenantree/db/testing';
import { describe, vi } from 'vitest';

type DatabaseConfig = Database['direct'];

/**
 * What stands between a server and its database: nothing; a stand-in for poolers that drop every start-up parameter, with a login that
 * looks for names nowhere; PgBouncer, which lends a connection for a session or for a transaction.
 */
export const WAYS = ['straight', 'bare', 'session', 'transaction'] as const;
export type Way = (typeof WAYS)[number];

/** A way to a database. */
export type Route = {
  readonly config: DatabaseConfig;
  /** Past what stands between, where it keeps nothing of what it is told. */
  readonly direct?: DatabaseConfig;
  close(): Promise<void>;
};

/** Where Debian's package has it, which is in nobody's path but root's. */
const PLACES = ['pgbouncer', '/usr/sbin/pgbouncer'];
const PGBOUNCER = PLACES.find((place) => spawnSync(place, ['--version']).status === 0);

const NAMES: Record<Way, string> = {
  straight: 'With nothing between a server and its database',
  bare: 'Through a pooler that drops every start-up parameter',
  session: 'Through PgBouncer in session mode',
  transaction: 'Through PgBouncer in transaction mode',
};

/** Runs the same tests over each of these ways that there is on this machine; those over the others are left out, with the reason. */
export function overWays(ways: readonly Way[], suite: (way: Way) => void): void {
  for (const way of ways) {
    const isMissing = (way === 'session' || way === 'transaction') && PGBOUNCER === undefined;
    const name = isMissing
      ? `${NAMES[way]}: not tried, it is not installed here (Debian: apt-get install pgbouncer)`
      : NAMES[way];
    describe.skipIf(isMissing)(name, () => suite(way));
  }
}

/** Opens a way to a database, as the login that serves unless told otherwise. */
export async function openWay(
  way: Way,
  { config, serving, asOwner }: TestDatabase,
  user = serving.user,
): Promise<Route> {
  const own = { ...config, user };
  switch (way) {
    case 'straight':
      return { config: own, close: async () => undefined };
    case 'bare': {
      await asOwner(`ALTER ROLE ${user} IN DATABASE ${config.database} SET search_path = ''`);
      const { port, close } = await stripParameters(join(config.host ?? '', `.s.PGSQL.${config.port}`));
      return { config: { ...own, host: '127.0.0.1', port }, close };
    }
    default: {
      const { host, port, close } = await startPgBouncer(way, config);
      return { config: { ...own, host, port }, direct: own, close };
    }
  }
}

/** Passes connections on to a socket of PostgreSQL, and of what they say at their beginning only the user and the database. */
async function stripParameters(socket: string): Promise<{ readonly port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(socket);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy()).on('close', () => open.delete(one) && other.destroy());
    }
    let beginning = Buffer.alloc(0);
    const begin = (chunk: Buffer): void => {
      beginning = Buffer.concat([beginning, chunk]);
      const length = beginning.length < 4 ? Number.POSITIVE_INFINITY : beginning.readUInt32BE(0);
      if (beginning.length < length) return;
      near.off('data', begin);
      far.write(bare(beginning.subarray(0, length)));
      far.write(beginning.subarray(length));
      near.pipe(far);
    };
    near.on('data', begin);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    close: async () => {
      for (const one of open) one.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A start-up message (its length, the protocol, names and values) without all that is optional. */
function bare(message: Buffer): Buffer {
  const parts = message.subarray(8).toString('utf8').split('\0');
  const kept: string[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2)
    if (parts[i] === 'user' || parts[i] === 'database') kept.push(parts[i]!, parts[i + 1]!);
  const body = Buffer.from(`${kept.join('\0')}\0\0`);
  const head = Buffer.from(message.subarray(0, 8));
  head.writeUInt32BE(body.length + 8, 0);
  return Buffer.concat([head, body]);
}

// PgBouncer refuses to run as root; 65534 is "nobody" on every Linux.
const NOBODY = 65534;
const PORT = 6432;

async function startPgBouncer(
  mode: 'session' | 'transaction',
  { host, port, user }: DatabaseConfig,
): Promise<{ readonly host: string; readonly port: number; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantree-pooler-'));
  const isRoot = process.getuid?.() === 0;
  await writeFile(join(folder, 'users'), `"${user}" ""\n"tenantree_test" ""\n`);
  await writeFile(
    join(folder, 'ini'),
    `[databases]
* = host=${host} port=${port}
[pgbouncer]
pool_mode = ${mode}
auth_type = trust
auth_file = ${folder}/users
listen_port = ${PORT}
unix_socket_dir = ${folder}
default_pool_size = ${mode === 'session' ? 40 : 3}
${isRoot ? 'user = nobody' : ''}
`,
  );
  await chmod(folder, 0o755);
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  const child = spawn(PGBOUNCER ?? '', ['-q', join(folder, 'ini')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const ended = once(child, 'exit');
  // A test that ends without closing its deployment leaves none behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  await vi.waitFor(async () => {
    if (child.exitCode !== null) throw new Error(said);
    const socket = connect(join(folder, `.s.PGSQL.${PORT}`));
    await once(socket, 'connect').finally(() => socket.destroy());
  }, 10_000);
  return {
    host: folder,
    port: PORT,
    close: async () => {
      kill();
      await ended;
      process.off('exit', kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
