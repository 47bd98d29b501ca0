import type { Kysely } from 'kysely';
import { carryingOver } from './0014-usage/carrying-over.ts';
import { counting } from './0014-usage/counting.ts';
import { months } from './0014-usage/months.ts';
import { moving } from './0014-usage/moving.ts';
import { recording } from './0014-usage/recording.ts';
import { series } from './0014-usage/series.ts';
import { zones } from './0014-usage/zones.ts';

/**
 * Usage by month: events, their keys and roll-ups by quarters of an hour in tables of one month each; counted tree by tree; read over time
 * from the roll-ups (docs/decisions/0011-usage-by-month.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await months(db);
  await recording(db);
  await counting(db);
  await carryingOver(db);
  await moving(db);
  await zones(db);
  await series(db);
}
