// A main account with 100 000 subaccounts and a month of usage, of which it gets one invoice.
import { startSubscription, storePlans } from '../../../packages/db/src/index.ts';
import { type AccountId, billingPeriodOf, type Instant, type PlanInput } from '../../../packages/domain/src/index.ts';
import { type BenchDatabase, idOf, plantTree, uuidOf } from '../database.ts';

export const ACCOUNTS = 100_001;
export const ROOT = idOf(1) as AccountId;
export const OCTOBER = billingPeriodOf('2026-10-01T00:00:00.000Z' as Instant);
export const NOW = '2026-11-01T12:01:00.000Z' as Instant;
const MONTH = 2026 * 12 + 9;
const MOVED = 1_000;
const MOVED_AT = `'2026-10-15Z'::timestamptz`;

export const TERMS: PlanInput = {
  currency: 'EUR',
  monthlyFee: '99',
  meters: {
    'call.minutes': {
      model: 'graduated',
      included: '100000',
      tiers: [
        { upTo: '1000000', price: '0.079' },
        { upTo: '10000000', price: '0.071' },
        { upTo: null, price: '0.063' },
      ],
    },
  },
  concurrent: null,
  subaccounts: 'included',
  countries: null,
};

/** What anyone would sum the month up by, first of all. */
export const SUMS = `SELECT account_id, sum(quantity) AS quantity FROM bench_events WHERE meter = 'call.seconds' AND month = ${MONTH} GROUP BY account_id`;

/** The tree, ten subaccounts to a parent, with a thousand accounts that were moved in the middle of October; and a plan. */
export async function plantAccounts({ app, owner }: BenchDatabase): Promise<void> {
  await owner.query(
    `CREATE TABLE bench_shape AS SELECT n, CASE WHEN n > 1 THEN (n - 2) / 10 + 1 END AS parent FROM generate_series(1, ${ACCOUNTS}) n`,
  );
  await plantTree(owner);
  await owner.query(`
    INSERT INTO account_roots (id, root_id) SELECT id, root_id FROM accounts ON CONFLICT DO NOTHING;
    INSERT INTO past_placements (account_id, valid_to, root_id, path_key, payer_id, name)
      SELECT a.id, ${MOVED_AT}, a.root_id, uuid_send(${uuidOf('2')}) || uuid_send(a.id), a.payer_id, a.name FROM accounts a WHERE a.children = 0 ORDER BY a.id LIMIT ${MOVED};
    UPDATE accounts a SET placed_at = coalesce((SELECT p.valid_to FROM past_placements p WHERE p.account_id = a.id), '2026-01-01');
    -- Like the product's, but for its indexes: all that reads them here is a sum over everything. Not logged: what is measured writes none.
    CREATE UNLOGGED TABLE bench_events (LIKE usage_events INCLUDING DEFAULTS);
    CREATE TABLE bench_ids AS SELECT n, ${uuidOf('n')} AS id FROM bench_shape`);
  await sellPlan({ app });
}

/** The main account pays by a plan. */
export async function sellPlan({ app }: Pick<BenchDatabase, 'app'>): Promise<void> {
  await storePlans(app, [{ id: 'bench', name: 'Bench', terms: TERMS }], NOW);
  await app.withTenant(ROOT, (trx) => startSubscription(trx, ROOT, { id: 'bench', version: 1, from: OCTOBER.start }));
}

/** Adds events of October, up to so many, and has them counted: totals, and what the moved accounts used before. */
export async function plantEvents({ owner }: BenchDatabase, upTo: number): Promise<void> {
  await owner.query(`
    INSERT INTO bench_events (account_id, key, month, meter, quantity, occurred_at, recorded_at, attributes, kind)
    SELECT b.id, i::text, ${MONTH}, 'call.seconds', 1 + (i * 31) % 600, '2026-10-01Z'::timestamptz + (i % 2600000) * interval '1 second', '2026-11-01Z', '{}', 'usage'
    FROM generate_series((SELECT count(*) + 1 FROM bench_events), ${upTo}::bigint) i JOIN bench_ids b ON b.n = 2 + (i * 7919) % ${ACCOUNTS - 1};
    TRUNCATE usage_totals, usage_segments;
    INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
      SELECT account_id, 'call.seconds', '2026-10-01Z', sum(quantity), sum(quantity), count(*), count(*), 1 FROM bench_events GROUP BY 1;
    INSERT INTO usage_totals (account_id, meter, period, own, total, own_events, total_events, version)
      SELECT '${ROOT}', 'call.seconds', '2026-10-01Z', 0, sum(total), 0, sum(total_events), 1 FROM usage_totals;
    INSERT INTO usage_segments (account_id, valid_to, meter, quantity)
      SELECT p.account_id, p.valid_to, 'call.seconds', coalesce(sum(e.quantity), 0)
      FROM past_placements p LEFT JOIN bench_events e ON e.account_id = p.account_id AND e.occurred_at < p.valid_to GROUP BY 1, 2`);
  await owner.query('VACUUM ANALYZE');
  await owner.query('CHECKPOINT');
}
