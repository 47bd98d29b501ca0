import { type AccountStatus, CAPS_FILTERS } from '@tenantree/domain';
import { DEFAULT_STATUS, type Filters, type Order, SORT_KEYS, STATUSES } from '../data/screen-view.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import type { Texts } from '../strings/texts.ts';

const SORT_LABELS = {
  name: 'columnName',
  members: 'columnMembers',
  agents: 'columnAgents',
  minutes: 'columnMinutes',
  created: 'sortCreated',
} as const;

/** What the view menu shows as chosen. */
export type ViewChoice = {
  readonly filters: Filters;
  readonly order: Order;
  readonly status: readonly AccountStatus[];
  readonly density: 'comfortable' | 'compact';
  readonly updates: 'paused' | 'running';
};

/** What a filter by permissions is called. */
export const CAPS_WORDS = { restricted: 'cappedRestricted', unreviewed: 'notReviewed' } as const;

/** Entries for which accounts to show: by their own status, their limits, and their permissions. */
export const filterItems = (
  { status, filters }: Pick<ViewChoice, 'status' | 'filters'>,
  { say }: Texts,
): readonly MenuItem[] => [
  ...STATUSES.map((one) => ({
    id: `status ${one}`,
    label: say(one),
    choice: 'many' as const,
    checked: status.includes(one),
  })),
  { id: 'limits near', label: say('nearLimit'), choice: 'many', checked: filters.limits === 'near', apart: true },
  ...CAPS_FILTERS.map((one) => ({
    id: `caps ${one}`,
    label: say(CAPS_WORDS[one]),
    choice: 'many' as const,
    checked: filters.caps === one,
  })),
];

/** Entries for order and density; in narrow layouts also what has no room in the toolbar. */
export function viewItems(choice: ViewChoice, room: 'wide' | 'narrow', texts: Texts): readonly MenuItem[] {
  const { say } = texts;
  const { order, density, updates } = choice;
  const sorts = SORT_KEYS.map((sort, k) => ({
    id: `sort ${sort}`,
    label: say(SORT_LABELS[sort]),
    choice: 'one' as const,
    checked: order.sort === sort,
    ...(k === 0 && { heading: say('sortBy') }),
  }));
  const directions = (['asc', 'desc'] as const).map((direction, k) => ({
    id: `direction ${direction}`,
    label: say(direction === 'asc' ? 'ascending' : 'descending'),
    choice: 'one' as const,
    checked: order.direction === direction,
    apart: k === 0,
  }));
  const densities = (['comfortable', 'compact'] as const).map((one, k) => ({
    id: `density ${one}`,
    label: say(one),
    choice: 'one' as const,
    checked: density === one,
    apart: k === 0,
    ...(k === 0 && { heading: say('density') }),
  }));
  if (room === 'wide') return [...sorts, ...directions, ...densities];
  const pause = { id: 'pause', label: say(updates === 'paused' ? 'resumeLive' : 'pauseLive'), apart: true };
  const statuses = filterItems(choice, texts).map((item, k) =>
    k === 0 ? { ...item, heading: say('filter'), apart: true } : item,
  );
  return [...sorts, ...directions, ...statuses, pause];
}

/** What a chosen entry changes. */
export function chosen(id: string, choice: ViewChoice): Partial<ViewChoice> {
  const [what, value] = id.split(' ');
  const { filters } = choice;
  if (what === 'limits') return { filters: { ...filters, limits: filters.limits ? undefined : 'near' } };
  const caps = CAPS_FILTERS.find((one) => what === 'caps' && one === value);
  if (caps) return { filters: { ...filters, caps: filters.caps === caps ? undefined : caps } };
  if (what === 'pause') return { updates: choice.updates === 'paused' ? 'running' : 'paused' };
  if (what === 'density') return { density: value === 'compact' ? 'compact' : 'comfortable' };
  if (what === 'direction') return { order: { ...choice.order, direction: value === 'desc' ? 'desc' : 'asc' } };
  const sort = SORT_KEYS.find((key) => key === value);
  if (what === 'sort' && sort)
    return { order: { sort, direction: sort === 'name' || sort === 'created' ? 'asc' : 'desc' } };
  const status = STATUSES.find((one) => one === value);
  if (status === undefined) return {};
  const rest = choice.status.filter((one) => one !== status);
  const next = choice.status.includes(status) ? rest : [...rest, status];
  if (next.length === 0) return {};
  const inOrder = STATUSES.filter((one) => next.includes(one));
  return { status: inOrder.join() === DEFAULT_STATUS.join() ? DEFAULT_STATUS : inOrder };
}
