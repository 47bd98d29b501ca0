import { parseArgs } from 'node:util';
import type { Speed } from './replay.ts';

export type DemoOptions = {
  readonly url: string;
  readonly key: string;
  readonly speed: Speed;
  readonly reseller: string;
  /** Most calls at one time in the key's account; null: as many as there are. */
  readonly limit: number | null;
  /** `month`: puts the month under a plan and two price books. */
  readonly bill: 'month' | 'nothing';
  /** `region`: sets a region up with a blueprint, and plays no calls. */
  readonly blueprint: 'region' | 'nothing';
};

/** August 1999 has 31 days; at this speed they take five minutes. */
export const DEFAULT_SPEED = 8_928;

export const USAGE = `npm run demo -- --key tt_key_… [--url http://localhost:7300] [--speed ${DEFAULT_SPEED}] [--reseller World] [--limit 3] [--bill] [--blueprint]

  --key       an API key of the account that gets the reseller; or the variable TENANTREE_KEY
  --url       where Tenantree runs, unless the server that npm start runs here has said so; or the variable TENANTREE_URL
  --speed     how many times faster than real time; ${DEFAULT_SPEED} plays the month in five minutes, "max" as fast as it goes
  --reseller  name of the reseller's account; another name begins another demo beside the first
  --limit     most calls at one time in the account of the key, which has to be a main account's owner's: each call asks for a slot first,
              and those that are refused don't take place
  --bill      puts the month under a plan and two price books, and checks invoice, statements and margins against the file; when the
              month is over and its grace is, another start closes it
  --blueprint plays no calls: imports the accounts from a CSV file, sets one region of them up with a blueprint, rolls a change out in stages
              and brings the region in line, and checks every account of it

Stop it with Ctrl-C and start it again whenever you like: every call counts exactly once.`;

const parse = (args: readonly string[], env: Readonly<Record<string, string | undefined>>) =>
  parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      url: { type: 'string', default: env['TENANTREE_URL'] ?? 'http://localhost:7300' },
      key: { type: 'string', default: env['TENANTREE_KEY'] ?? '' },
      speed: { type: 'string', default: String(DEFAULT_SPEED) },
      reseller: { type: 'string', default: 'World' },
      limit: { type: 'string' },
      bill: { type: 'boolean', default: false },
      blueprint: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });

/** What the demo was asked to do; a text that says what is wrong instead, when something is. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DemoOptions | string {
  let values: ReturnType<typeof parse>['values'];
  try {
    ({ values } = parse(args, env));
  } catch (error) {
    return `${error instanceof Error ? error.message : 'Unknown options.'}\n\n${USAGE}`;
  }
  if (values.help) return USAGE;
  if (!URL.canParse(values.url)) return `--url ${values.url} is not an address.`;
  if (values.key === '') return `The demo needs an API key.\n\n${USAGE}`;
  const speed = values.speed === 'max' ? 'max' : Number(values.speed);
  if (speed !== 'max' && !(Number.isFinite(speed) && speed > 0))
    return `--speed ${values.speed} is neither a number above 0 nor "max".`;
  const limit = values.limit === undefined ? null : Number(values.limit);
  if (limit !== null && !(Number.isInteger(limit) && limit >= 0)) return `--limit ${values.limit} is no whole number.`;
  if (values.bill && limit !== null) return '--bill is of the whole month: it goes without --limit.';
  if (values.blueprint && (values.bill || limit !== null))
    return '--blueprint plays no calls: it goes without --limit and --bill.';
  const bill = values.bill ? 'month' : 'nothing';
  const blueprint = values.blueprint ? 'region' : 'nothing';
  return { url: values.url, key: values.key, speed, reseller: values.reseller.trim(), limit, bill, blueprint };
}

/** What the demo's external ids begin with, so that several demos fit under one root: `World` gives `demo-world`. */
export const prefixOf = (reseller: string): string =>
  `demo-${reseller
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)}`;
