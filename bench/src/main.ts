import { machine } from './report.ts';

/** A benchmark prints its tables and returns whether every target was met. */
type Bench = { readonly run: () => Promise<boolean> };

const BENCHES: Record<string, () => Promise<Bench>> = {
  fanout: () => import('./fanout/fanout.ts'),
  ingest: () => import('./ingest/ingest.ts'),
  tree: () => import('./tree/tree.ts'),
  table: () => import('./table/table.ts'),
  growth: () => import('./growth/growth.ts'),
  control: () => import('./control/control.ts'),
  provision: () => import('./provision/provision.ts'),
  billing: () => import('./billing/billing.ts'),
  products: () => import('./products/products.ts'),
};

const wanted = process.argv.slice(2).filter((name) => name !== '--');
const names = wanted.includes('all') ? Object.keys(BENCHES) : wanted;
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (names.length === 0 || unknown.length > 0) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join(' | ')} | all`);
  process.exit(2);
}
process.on('disconnect', () => process.exit(1));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

let met = true;
for (const name of names) {
  const load = BENCHES[name];
  if (load === undefined) continue;
  console.log(`\n## ${name}\n\n${machine()}\n`);
  const started = performance.now();
  met = (await (await load()).run()) && met;
  console.log(`\n(${Math.round((performance.now() - started) / 1000)} s)`);
}
process.exit(met ? 0 : 1);
