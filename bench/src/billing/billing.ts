// What money costs beside what anyone would do first: closing a period, numbering invoices, this period so far, a transfer, and usage meanwhile.
import { readSoFar } from '../../../apps/api/src/billing/so-far.ts';
import { findPlan, listChildren, readSubscriptions } from '../../../packages/db/src/index.ts';
import { type BenchDatabase, startDatabase } from '../database.ts';
import { interleave, median } from '../measure.ts';
import { digits, isMet, type Target, table, targets } from '../report.ts';
import { type Closing, childByChild, measureClosing, timed } from './closing.ts';
import { measureIngest } from './ingest-before.ts';
import { CALLERS, measureNumbering } from './numbering.ts';
import { ACCOUNTS, NOW, OCTOBER, plantAccounts, ROOT } from './plant.ts';
import { measureTransfer } from './transfer.ts';
import { measureUsageBeside } from './usage-beside.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 10_000_000);
const REPEATS = Number(process.env['BENCH_REPEATS'] ?? 3);
/** What is measured: parts of it can be run alone, since all of it takes a quarter of an hour. */
const PARTS = (process.env['BENCH_PARTS'] ?? 'closing,more,numbering,transfer,ingest').split(',');

/** Rows of the table (what, and how much), and what was promised of them. */
type Part = { readonly rows: readonly (readonly [what: string, value: number])[]; readonly targets: readonly Target[] };

export async function run(): Promise<boolean> {
  const parts: Part[] = [];
  if (PARTS.includes('closing')) parts.push(await withDatabase(closing));
  if (PARTS.includes('numbering')) parts.push(await withDatabase(numbering));
  if (PARTS.includes('ingest')) parts.push(await withDatabase(ingest));
  if (PARTS.includes('transfer')) parts.push(await transfer());
  console.log(`${ACCOUNTS - 1} subaccounts, 1 000 of them moved inside the period; ms where nothing else is said\n`);
  console.log(
    table(
      [{ title: 'what', align: 'left' }, { title: '' }],
      parts.flatMap(({ rows }) => rows.map(([what, value]) => [what, digits(value)])),
    ),
  );
  const list = parts.flatMap((part) => part.targets);
  console.log(`\n${targets(list)}`);
  return list.every(isMet);
}

async function withDatabase(measure: (database: BenchDatabase) => Promise<Part>): Promise<Part> {
  const database = await startDatabase(CALLERS + 2);
  try {
    return await measure(database);
  } finally {
    await database.drop();
  }
}

const millions = (events: number): string => `${events / 1_000_000} M`;

async function closing(database: BenchDatabase): Promise<Part> {
  await plantAccounts(database);
  const few = await measureClosing(database, EVENTS, REPEATS);
  const beside = await measureUsageBeside(database);
  const small = await interleave({ soFar: () => soFar(database), page: () => page(database) }, 50);
  const child = await childByChild(database);
  const many = PARTS.includes('more') ? await measureClosing(database, EVENTS * 4, REPEATS) : null;
  return {
    rows: [
      [`bare GROUP BY over ${millions(EVENTS)} events, answer left in the database`, few.bare],
      ['**ours**: reading what every account used, and rating it', few.rated],
      ['**ours**: the whole draft, all 101 001 lines written', few.closed],
      ...(many ? ofMany(many) : []),
      ['a transaction and invoice for one child', child],
      ['a page of the tree', median(small.page)],
      ['**ours**: this period so far', median(small.soFar)],
      [`worst of ${beside.rounds / 2} rounds of usage of the tree, nothing beside it`, beside.quiet],
      ['… beside closes', beside.closing],
    ],
    targets: [
      { what: 'reading and rating, of the bare GROUP BY', measured: few.rated / few.bare, atMost: 0.1 },
      { what: 'with all lines written, of the bare GROUP BY', measured: few.closed / few.bare, atMost: 0.5 },
      ...(many
        ? [{ what: 'four times the events, of the whole draft', measured: many.closed / few.closed, atMost: 1.1 }]
        : []),
      {
        what: 'per child, beside a transaction and invoice for each',
        measured: child / (few.closed / (ACCOUNTS - 1)),
        atLeast: 50,
      },
      {
        what: 'what the process grows by while it closes (MB)',
        measured: Math.max(few.mb, many?.mb ?? 0),
        atMost: 300,
      },
      {
        what: 'the largest process of the database, shared pages included (MB)',
        measured: Math.max(few.backendMb, many?.backendMb ?? 0),
        atMost: 300,
      },
      { what: 'usage beside closes that was seen to wait for a lock', measured: beside.waits, atMost: 0 },
      {
        what: 'worst round of usage beside closes, of the quiet ones',
        measured: beside.closing / beside.quiet,
        atMost: 1.5,
      },
      {
        what: 'this period so far, of a page of the tree',
        measured: median(small.soFar) / median(small.page),
        atMost: 3,
      },
    ],
  };
}

const ofMany = ({ bare, closed }: Closing): Part['rows'] => [
  [`bare GROUP BY over ${millions(EVENTS * 4)}`, bare],
  ['**ours**: the whole draft', closed],
];

async function numbering(database: BenchDatabase): Promise<Part> {
  const { oneByOne, together, oneByOneLogged, togetherLogged } = await measureNumbering(database, REPEATS);
  return {
    rows: [
      [`numbering one invoice, one by one, ${CALLERS} callers`, oneByOne],
      ['**ours**: numbering one of many', together],
      ['one by one, with a row of a plain log', oneByOneLogged],
      ['**ours**: one of many, with a row of its payer’s chained log', togetherLogged],
    ],
    targets: [
      { what: `numbering, beside one by one by ${CALLERS} callers`, measured: oneByOne / together, atLeast: 50 },
    ],
  };
}

async function ingest(database: BenchDatabase): Promise<Part> {
  const measured = await measureIngest(database, REPEATS + 2);
  if (!measured) return NOTHING_BEFORE;
  return {
    rows: [
      ['events/s, the build before money', measured.before],
      ['**ours**: events/s', measured.now],
    ],
    targets: [
      { what: 'usage ingest, beside the build before money', measured: measured.now / measured.before, atLeast: 0.95 },
    ],
  };
}

async function transfer(): Promise<Part> {
  const sizes = await measureTransfer();
  const [few, many] = sizes ?? [];
  if (!few) return NOTHING_BEFORE;
  const growth = many && {
    what: 'transfer, ten times the accounts outside',
    measured: many.complete / few.complete,
    atMost: 1.3,
  };
  return {
    rows: (sizes ?? []).flatMap(({ outside, move, complete }) => [
      [`move of 10 000, ${outside} outside, the build before the ground (ms of CPU in the database)`, move] as const,
      ['**ours**: transfer of the same, with rows in all tables of a tree', complete] as const,
    ]),
    targets: [
      { what: 'transfer of 10 000, of a move in the build before', measured: few.complete / few.move, atMost: 4 },
      ...(growth ? [growth] : []),
    ],
  };
}

/** The history of this checkout doesn't hold the build before: a promise that nobody can look into isn't kept. */
const NOTHING_BEFORE: Part = { rows: [], targets: [{ what: 'the build before', measured: Number.NaN, atLeast: 1 }] };

async function soFar({ app }: BenchDatabase): Promise<number> {
  return timed(() =>
    app.withTenant(
      ROOT,
      async (trx) => {
        const [present] = await readSubscriptions(trx, ROOT);
        const stored = await findPlan(trx, 'bench');
        if (!present || !stored) throw new Error('the root has a plan');
        return readSoFar(trx, ROOT, { present, stored, period: OCTOBER });
      },
      { snapshot: true },
    ),
  );
}

const page = ({ app }: BenchDatabase): Promise<number> =>
  timed(() =>
    app.withTenant(
      ROOT,
      (trx) =>
        listChildren(trx, {
          parent: ROOT,
          sort: 'name',
          direction: 'asc',
          statuses: ['active', 'suspended'],
          after: null,
          limit: 50,
          now: NOW,
          visibility: 'with_minutes',
        }),
      { snapshot: true },
    ),
  );
