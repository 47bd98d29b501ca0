import type pg from 'pg';
import { DatabaseUnusableError } from './unusable.ts';

// Whom a login can become is asked by membership of any kind: one with ADMIN alone could give itself the rest.
const FAULT = `
  WITH ours AS (
    SELECT r.oid, r.rolname, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication AS is_higher
    FROM pg_roles r WHERE r.rolname IN (session_user, 'tenantree_serve', 'tenantree_app', 'tenantree_auth')
  ), facts AS (
    SELECT
      (SELECT count(*) FROM ours) AS roles,
      (SELECT string_agg(o.rolname, ', ') FROM ours o WHERE o.is_higher) AS higher,
      (SELECT string_agg(r.rolname, ', ') FROM pg_roles r
        WHERE r.oid NOT IN (SELECT o.oid FROM ours o) AND pg_has_role(session_user, r.oid, 'MEMBER')) AS others,
      (SELECT string_agg(DISTINCT o.rolname, ', ') FROM ours o JOIN pg_class c ON c.relowner = o.oid) AS owners,
      (SELECT count(*) FROM ours o WHERE CASE o.rolname
        WHEN 'tenantree_serve' THEN pg_has_role(session_user, o.oid, 'USAGE')
        WHEN session_user THEN true
        ELSE pg_has_role(session_user, o.oid, 'SET') AND NOT pg_has_role(session_user, o.oid, 'USAGE') END) AS granted,
      (SELECT string_agg(DISTINCT format('%I.%I', n.nspname, c.relname), ', ') FROM ours o, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('public', 'auth') AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND o.rolname <> session_user
          AND (has_any_column_privilege(o.oid, c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege(o.oid, c.oid, 'DELETE'))) AS open
  )
  SELECT pg_backend_pid() AS pid, session_user AS login, CASE
    WHEN higher IS NOT NULL THEN format('%s may pass row-level security, or make roles', higher)
    WHEN current_user <> session_user THEN format('%s acts as %s', session_user, current_user)
    WHEN roles < 4 THEN format('%s is no login of its own beside tenantree_serve, tenantree_app and tenantree_auth', session_user)
    WHEN owners IS NOT NULL THEN format('%s owns tables', owners)
    WHEN others IS NOT NULL THEN format('%s is a member of %s', session_user, others)
    WHEN granted < 4 THEN format('%s is no member of tenantree_serve (INHERIT TRUE), tenantree_app and tenantree_auth (INHERIT FALSE, SET TRUE)', session_user)
    WHEN open IS NOT NULL THEN format('row-level security is off for %s', open)
  END AS fault FROM facts`;

type Answer = { pid: number; login: string; fault: string | null };

/** How a connection reaches PostgreSQL: straight, or through a pooler, which may lend it to somebody else between two transactions. */
export type Way = 'direct' | 'pooled';

/** Longest that the answer may take (ms). */
const PATIENCE_MS = 10_000;

/**
 * Asks whether a connection may serve: its login and the roles that it takes own nothing, can become nothing higher and are bound by
 * row-level security, and it is what it is said to be.
 *
 * @throws DatabaseUnusableError when it may not, with the reason
 */
export async function checkServing(client: pg.ClientBase, way: Way): Promise<void> {
  const { rows } = await client.query<Answer>({ text: FAULT, query_timeout: PATIENCE_MS } as pg.QueryConfig);
  const { pid, fault } = rows[0]!;
  if (fault !== null)
    throw new DatabaseUnusableError(
      `This database can’t be served: ${fault}. Which login serves, and how an administrator makes it, is in docs/operators.md under “The login that serves”.`,
    );
  // A pooler tells its clients numbers of its own. Notifications and named statements would be lost in it.
  if (way === 'direct' && 'processID' in client && client.processID !== pid)
    throw new DatabaseUnusableError(
      'There is a pooler between the server and its database: set DATABASE_DIRECT_URL to an address that leads past it (docs/operators.md, “A pooler between”).',
    );
}
