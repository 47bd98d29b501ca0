import { run } from './harness.ts';
import { staticRows } from './static-rows.ts';

run(staticRows(18));
