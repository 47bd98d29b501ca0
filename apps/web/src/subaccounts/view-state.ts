import {
  ACTIVITY_FILTERS,
  type AccountStatus,
  CAPS_FILTERS,
  COLUMN_WIDTHS,
  COUNT_FILTERS,
  DRIFT_STATES,
  isId,
  LIMIT_FILTERS,
  LIST_COLUMNS,
  parseAccountId,
  parseInstant,
  type RowId,
  type ShownColumn,
  TRANSFER_FILTERS,
} from '@tenantree/domain';
import { DEFAULT_VIEW, filtersIn, type ScreenView, SORT_KEYS, STATUSES } from '@tenantree/widget';

/** Names of the parameters that the view of the table has in an address. Others there are left alone. */
const NAMES = [
  'view',
  'q',
  'sort',
  'status',
  'limits',
  'activity',
  'caps',
  'billing',
  'transfer',
  'members',
  'agents',
  'createdFrom',
  'createdBefore',
  'level',
  'blueprint',
  'drift',
  'under',
  'layout',
  'columns',
] as const;
/** As long as a search may be (accounts.search), and the key of a view. */
const [LONGEST_QUERY, LONGEST_KEY] = [120, 60];
/** As deep as any tree is. */
const MOST_LEVELS = 32;

/**
 * The view of the table that an address names: `?q=dental&sort=-minutes&status=active,closed` (rules/screens 3). What is
 * missing or makes no sense is as it is at first: addresses are typed, cut off and older than the app.
 */
export function readView(search: string): ScreenView {
  const params = new URLSearchParams(search);
  const one = <T extends string>(values: readonly T[], name: string): T | undefined =>
    values.find((known) => known === params.get(name));
  const level = Number(params.get('level') ?? 0);
  const id = params.get('blueprint') ?? '';
  const blueprint = isId(id) ? (id as RowId) : undefined;
  const columns = readColumns(params.get('columns'));
  const saved = params.get('view')?.slice(0, LONGEST_KEY);
  const filters = {
    caps: one(CAPS_FILTERS, 'caps'),
    limits: one(LIMIT_FILTERS, 'limits'),
    activity: one(ACTIVITY_FILTERS, 'activity'),
    billing: one(['parent', 'direct'], 'billing'),
    transfer: one(TRANSFER_FILTERS, 'transfer'),
    members: one(COUNT_FILTERS, 'members'),
    agents: one(COUNT_FILTERS, 'agents'),
    createdFrom: parseInstant(params.get('createdFrom') ?? '') ?? undefined,
    createdBefore: parseInstant(params.get('createdBefore') ?? '') ?? undefined,
    level: Number.isInteger(level) && level >= 1 && level <= MOST_LEVELS ? level : undefined,
    blueprint,
    drift: blueprint && one(DRIFT_STATES, 'drift'),
    under: parseAccountId(params.get('under') ?? '') ?? undefined,
    layout: one(['flat'], 'layout'),
  };
  return {
    query: (params.get('q') ?? '').trim().slice(0, LONGEST_QUERY),
    order: readOrder(params.get('sort')),
    status: readStatus(params.get('status')),
    ...filtersIn(filters),
    ...(columns && { columns }),
    ...(saved && { saved }),
  };
}

/** The address's search part for a view, with a question mark when it isn't empty. What is as at first is left out. */
export function writeView(search: string, view: ScreenView): string {
  const params = new URLSearchParams(search);
  for (const name of NAMES) params.delete(name);
  const { sort, direction } = view.order;
  const isUsual = sort === DEFAULT_VIEW.order.sort && direction === DEFAULT_VIEW.order.direction;
  const status = inOrder(view.status).join();
  const texts: Partial<Record<(typeof NAMES)[number], string | undefined>> = {
    view: view.saved,
    q: view.query,
    sort: isUsual ? '' : `${direction === 'desc' ? '-' : ''}${sort}`,
    status: status === DEFAULT_VIEW.status.join() ? '' : status,
    limits: view.limits,
    activity: view.activity,
    caps: view.caps,
    billing: view.billing,
    transfer: view.transfer,
    members: view.members,
    agents: view.agents,
    createdFrom: view.createdFrom,
    createdBefore: view.createdBefore,
    level: view.level?.toString(),
    blueprint: view.blueprint,
    drift: view.drift,
    under: view.under,
    layout: view.layout,
    columns: view.columns && writeColumns(view.columns),
  };
  for (const name of NAMES) if (texts[name]) params.set(name, texts[name]);
  // Commas and colons may stand in an address as they are, and are easier to read so.
  const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text === '' ? '' : `?${text}`;
}

function readOrder(text: string | null): ScreenView['order'] {
  const sort = SORT_KEYS.find((key) => key === text?.replace(/^-/, ''));
  if (!sort) return DEFAULT_VIEW.order;
  return { sort, direction: text?.startsWith('-') ? 'desc' : 'asc' };
}

function readStatus(text: string | null): readonly AccountStatus[] {
  const named = text?.split(',') ?? [];
  const status = STATUSES.filter((one) => named.includes(one));
  return status.length > 0 ? status : DEFAULT_VIEW.status;
}

const inOrder = (status: readonly AccountStatus[]): readonly AccountStatus[] =>
  STATUSES.filter((one) => status.includes(one));

/** What stands for no column at all. */
const NO_COLUMN = 'none';

/** Columns as an address names them: `minutes:160,plan`. Each once; without any that there is, as at first. */
function readColumns(text: string | null): readonly ShownColumn[] | undefined {
  if (text === NO_COLUMN) return [];
  const columns = new Map<string, ShownColumn>();
  for (const part of text?.split(',') ?? []) {
    const [name, given] = part.split(':');
    const column = LIST_COLUMNS.find((known) => known === name);
    const width = Number(given);
    const isWidth = Number.isInteger(width) && width >= COLUMN_WIDTHS.least && width <= COLUMN_WIDTHS.most;
    if (column && !columns.has(column)) columns.set(column, { column, ...(isWidth && { width }) });
  }
  return columns.size === 0 ? undefined : [...columns.values()];
}

const writeColumns = (columns: readonly ShownColumn[]): string =>
  columns.length === 0
    ? NO_COLUMN
    : columns.map(({ column, width }) => (width === undefined ? column : `${column}:${width}`)).join();
