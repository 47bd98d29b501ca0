import { type AccountStatus, CAPS_FILTERS } from '@tenantree/domain';
import { DEFAULT_VIEW, type ScreenView, SORT_KEYS, STATUSES } from '@tenantree/widget';

/** Names of the parameters that the view of the table has in an address. Others there are left alone. */
const NAMES = ['q', 'sort', 'status', 'limits', 'caps'] as const;
/** As long as a search may be (accounts.search). */
const LONGEST_QUERY = 120;

/**
 * The view of the table that an address names: `?q=dental&sort=-minutes&status=active,closed` (rules/screens 3). What is
 * missing or makes no sense is as it is at first: addresses are typed, cut off and older than the app.
 */
export function readView(search: string): ScreenView {
  const params = new URLSearchParams(search);
  const query = (params.get('q') ?? '').trim().slice(0, LONGEST_QUERY);
  const limits = params.get('limits') === 'near' ? ({ limits: 'near' } as const) : {};
  const caps = CAPS_FILTERS.find((one) => one === params.get('caps'));
  const filters = { ...limits, ...(caps && { caps }) };
  return { query, order: readOrder(params.get('sort')), status: readStatus(params.get('status')), ...filters };
}

/** The address's search part for a view, with a question mark when it isn't empty. What is as at first is left out. */
export function writeView(search: string, view: ScreenView): string {
  const params = new URLSearchParams(search);
  for (const name of NAMES) params.delete(name);
  if (view.query !== '') params.set('q', view.query);
  const { sort, direction } = view.order;
  if (sort !== DEFAULT_VIEW.order.sort || direction !== DEFAULT_VIEW.order.direction)
    params.set('sort', direction === 'desc' ? `-${sort}` : sort);
  const status = inOrder(view.status);
  if (status.join() !== DEFAULT_VIEW.status.join()) params.set('status', status.join());
  if (view.limits) params.set('limits', view.limits);
  if (view.caps) params.set('caps', view.caps);
  // Commas may stand in an address as they are, and are easier to read so.
  const text = params.toString().replaceAll('%2C', ',');
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
