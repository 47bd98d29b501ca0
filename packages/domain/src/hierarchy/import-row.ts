import { textOfCell } from '../csv.ts';
import { accept, type Decision, type Refusal, refuse } from '../errors.ts';
import { type AccountId, parseAccountId } from '../ids.ts';
import { quoted } from '../text.ts';
import { parseNewAccount } from './create.ts';
import type { CreationWish, WishedParent } from './create-many.ts';
import { EXTERNAL_PREFIX, type ExternalId, parseExternalId } from './external-id.ts';

/** What a file may have at the most. A cell or a whole row may be `characters` long. */
export const IMPORT_BOUNDS = { bytes: 64 * 1_048_576, rows: 100_000, columns: 64, characters: 65_536 } as const;

/** The columns of files of accounts that are read, by their names. */
const READ = ['externalId', 'parentExternalId', 'name', 'metadata', 'id', 'parentId', 'blueprint'] as const;
type ReadColumn = (typeof READ)[number];

/** Those that exports have beside, and those that tell of errors: they are taken for what somebody left in the file, and not read. */
const LEFT_IN = {
  text: ['path', 'status', 'suspension', 'billingMode', 'blueprintVersion', 'drift', 'createdAt', 'closedAt'],
  number: [
    'depth',
    'subaccounts',
    'members',
    'agents',
    'minutes',
    'minutesMax',
    'permissionsRestricted',
    'permissionsUnreviewed',
  ],
  error: ['line', 'code', 'field', 'message'],
} as const;

const COLUMNS = new Map(
  [...READ, ...LEFT_IN.text, ...LEFT_IN.number, ...LEFT_IN.error].map((name) => [name.toLowerCase(), name]),
);
const NUMBERS: ReadonlySet<string> = new Set(LEFT_IN.number);
const OF_ERRORS: ReadonlySet<string> = new Set(LEFT_IN.error);

/** Columns that tell why a row was refused. */
export const ERROR_COLUMNS = LEFT_IN.error;

/** Whether a column of a file of accounts has text that people wrote, in which formulas are disarmed. */
export const isTextColumn = (name: string): boolean => !NUMBERS.has(name);
/** Whether a column tells why a row was refused before. */
export const isErrorColumn = (name: string): boolean => OF_ERRORS.has(name);

/**
 * Reads the header of a file of accounts: its columns by the names they have here, however they are written.
 *
 * @returns the names in their order; refused are unknown ones, those that come twice, and a file in which nothing names an account
 */
export function readImportHeader(cells: readonly string[]): Decision<readonly string[]> {
  if (cells.length > IMPORT_BOUNDS.columns)
    return refuse('BAD_REQUEST', `A file has at most ${IMPORT_BOUNDS.columns} columns.`, 'header');
  const names = cells.map((cell) => COLUMNS.get(cell.trim().toLowerCase()) ?? null);
  const unknown = names.indexOf(null);
  if (unknown >= 0) {
    const message = `There is no column ${quoted(cells[unknown] ?? '')}. There are: ${READ.join(', ')}.`;
    return refuse('BAD_REQUEST', message, 'header');
  }
  const known = names.flatMap((name) => name ?? []);
  const twice = known.find((name, n) => known.indexOf(name) < n);
  if (twice !== undefined) return refuse('BAD_REQUEST', `The column ${quoted(twice)} comes twice.`, 'header');
  if (!known.includes('name')) return refuse('BAD_REQUEST', 'The column “name” is missing.', 'header');
  if (!known.includes('externalId') && !known.includes('id'))
    return refuse('BAD_REQUEST', 'The column “externalId” is missing: by it accounts are told apart.', 'header');
  return accept(known);
}

/** Whether rows say which blueprint sets their accounts up. What set accounts up stands in exports, too, with how they stand to that: it is not read. */
export const setsUp = (columns: readonly string[]): boolean =>
  columns.includes('blueprint') && !columns.includes('blueprintVersion') && !columns.includes('drift');

/** A row of a file of accounts: what it wishes, or why it can't be read; and the external id by which others may name it, if it can be told. */
export type ImportRow = {
  readonly wish: Decision<CreationWish>;
  readonly externalId: ExternalId | null;
};

/**
 * Reads a row of a file of accounts. One with an external id is about the account that has it, or is to have it; one without has to name an
 * account that is there by its id. Its parent is named in the same way; without, it is the account in which is imported.
 *
 * @param columns as `readImportHeader` has them
 */
export function readImportRow(columns: readonly string[], cells: readonly string[]): ImportRow {
  const cell = (name: ReadColumn): string => textOfCell(cells[columns.indexOf(name)] ?? '');
  const text = cell('externalId');
  const named = text === '' ? accept(null) : parseExternalId(text);
  const externalId = named.ok ? named.value : null;
  const refused = ({ refusal }: { readonly refusal: Refusal }): ImportRow => ({
    wish: { ok: false, refusal },
    externalId,
  });
  if (cells.length !== columns.length)
    return refused(refuse('BAD_REQUEST', `This row has ${cells.length} cells, the header ${columns.length}.`));
  if (!named.ok) return refused(named);
  const known = externalId === null ? readId(cell('id')) : accept(null);
  if (!known.ok) return refused(known);
  const parent = readParent(cell('parentExternalId'), cell('parentId'));
  if (!parent.ok) return refused(parent);
  const metadata = readMetadata(cell('metadata'));
  if (!metadata.ok) return refused(metadata);
  const account = parseNewAccount({ name: cell('name'), externalId, metadata: metadata.value });
  if (!account.ok) return refused(account);
  const blueprint = setsUp(columns) ? cell('blueprint').trim() : '';
  const wish: CreationWish = {
    parent: parent.value,
    account: account.value,
    ...(known.value !== null && { known: known.value }),
    ...(!columns.includes('metadata') && { metadata: 'unsaid' }),
    ...(blueprint !== '' && { blueprint }),
  };
  return { wish: accept(wish), externalId };
}

function readId(text: string): Decision<AccountId> {
  if (text === '') return refuse('BAD_REQUEST', 'Give the account an external id.', 'externalId');
  const id = parseAccountId(text);
  return id === null ? refuse('BAD_REQUEST', 'This is not an id. Leave it empty for a new account.', 'id') : accept(id);
}

function readParent(external: string, own: string): Decision<WishedParent> {
  if (external !== '') {
    const parsed = parseExternalId(external);
    if (!parsed.ok) return refuse('BAD_REQUEST', parsed.refusal.message, 'parentExternalId');
    return accept({ kind: 'external', externalId: parsed.value, asked: `${EXTERNAL_PREFIX}${external}` });
  }
  if (own === '') return accept({ kind: 'acting' });
  const id = parseAccountId(own);
  return id === null ? refuse('BAD_REQUEST', 'This is not an id.', 'parentId') : accept({ kind: 'id', id, asked: own });
}

function readMetadata(text: string): Decision<unknown> {
  if (text === '') return accept({});
  try {
    return accept(JSON.parse(text));
  } catch {
    return refuse('BAD_REQUEST', 'Metadata is JSON: an object of names and values.', 'metadata');
  }
}
