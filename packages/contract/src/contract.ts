import { accountImports } from './account-imports.ts';
import { accounts } from './accounts.ts';
import { audit } from './audit.ts';
import { billing } from './billing.ts';
import { blueprints } from './blueprints.ts';
import { books } from './books.ts';
import { embed } from './embed.ts';
import { imports } from './imports.ts';
import { invoices } from './invoices.ts';
import { jobs } from './jobs.ts';
import { keys } from './keys.ts';
import { limits } from './limits.ts';
import { margins } from './margins.ts';
import { members } from './members.ts';
import { permissions, presets } from './permissions.ts';
import type { Procedure } from './procedure.ts';
import { products } from './products.ts';
import { rollouts } from './rollouts.ts';
import { session } from './session.ts';
import { setup } from './setup.ts';
import { statements } from './statements.ts';
import { transfers } from './transfers.ts';
import { usage } from './usage.ts';
import { views } from './views.ts';

/** Everything that can be asked of Tenantree, by slice. */
export type Contract = {
  readonly accountImports: typeof accountImports;
  readonly accounts: typeof accounts;
  readonly audit: typeof audit;
  readonly billing: typeof billing;
  readonly blueprints: typeof blueprints;
  readonly books: typeof books;
  readonly embed: typeof embed;
  readonly imports: typeof imports;
  readonly invoices: typeof invoices;
  readonly jobs: typeof jobs;
  readonly keys: typeof keys;
  readonly limits: typeof limits;
  readonly margins: typeof margins;
  readonly members: typeof members;
  readonly permissions: typeof permissions;
  readonly presets: typeof presets;
  readonly products: typeof products;
  readonly rollouts: typeof rollouts;
  readonly session: typeof session;
  readonly setup: typeof setup;
  readonly statements: typeof statements;
  readonly transfers: typeof transfers;
  readonly usage: typeof usage;
  readonly views: typeof views;
};
export const CONTRACT: Contract = {
  accountImports,
  accounts,
  audit,
  billing,
  blueprints,
  books,
  embed,
  imports,
  invoices,
  jobs,
  keys,
  limits,
  margins,
  members,
  permissions,
  presets,
  products,
  rollouts,
  session,
  setup,
  statements,
  transfers,
  usage,
  views,
};

/** Name of a slice of the contract. */
export type SliceName = keyof Contract;

type PathsOf<Slice extends SliceName> = `${Slice}.${keyof Contract[Slice] & string}`;
/** Path of a procedure: `accounts.list`. */
export type ProcedurePath = { [Slice in SliceName]: PathsOf<Slice> }[SliceName];

/** The procedure at a path. */
export type ProcedureAt<Path extends ProcedurePath> = Path extends `${infer Slice extends SliceName}.${infer Name}`
  ? Contract[Slice][Name & keyof Contract[Slice]]
  : never;

/** Every procedure by its path, in the order of the contract. */
export const PROCEDURES: ReadonlyMap<string, Procedure> = new Map(
  Object.entries(CONTRACT).flatMap(([slice, procedures]) =>
    Object.entries<Procedure>(procedures).map(([name, procedure]) => [`${slice}.${name}`, procedure] as const),
  ),
);

/** The procedure at a path. @throws Error when there is none */
export function procedureAt(path: string): Procedure {
  const found = PROCEDURES.get(path);
  if (found) return found;
  throw new Error(`there is no procedure ${path}`);
}
