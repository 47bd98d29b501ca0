import type { AccountId } from '@tenantree/domain';
import type { Database } from '../database.ts';
import { type Happening, traceOf } from './append.ts';

/** Something that only leaves a trace: nothing that is shown changes with it. */
export type Trace = Happening & { readonly account: AccountId };

/**
 * Writes traces of any trees into their journals, in one transaction of their own; when this resolves they are committed. The accounts must
 * have been checked against the reach of those who left them.
 *
 * @returns one outcome per trace, in order; `gone`: its account is not there any more, and nothing of it is written
 */
export async function appendTraces(db: Database, traces: readonly Trace[]): Promise<('written' | 'gone')[]> {
  const entries = traces.map(({ account, ...happening }) => traceOf(account, happening));
  const { rows } = await db.pool.query<{ gone: number[] }>({
    name: 'append_traces',
    text: 'SELECT public.append_traces($1::jsonb) AS gone',
    values: [JSON.stringify(entries)],
  });
  const gone = new Set(rows[0]!.gone);
  return traces.map((_, index) => (gone.has(index + 1) ? 'gone' : 'written'));
}
