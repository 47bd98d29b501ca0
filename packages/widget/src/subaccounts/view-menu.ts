import type { AccountStatus } from '@tenantree/domain';
import { DEFAULT_STATUS, type Order, SORT_KEYS, STATUSES } from '../data/screen-view.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import type { Texts } from '../strings/texts.ts';

const SORT_LABELS = {
  name: 'sortName',
  members: 'sortMembers',
  agents: 'sortAgents',
  minutes: 'sortMinutes',
  created: 'sortCreated',
} as const;

/** What the view menu shows as chosen. */
export type ViewChoice = {
  readonly order: Order;
  readonly status: readonly AccountStatus[];
  readonly limits: 'near' | undefined;
  readonly density: 'comfortable' | 'compact';
  readonly updates: 'paused' | 'running';
};

/** Entries for which accounts to show: by their own status, and by their limits. */
export const filterItems = (
  { status, limits }: Pick<ViewChoice, 'status' | 'limits'>,
  { say }: Texts,
): readonly MenuItem[] => [
  ...STATUSES.map((one) => ({
    id: `status ${one}`,
    label: say(one),
    choice: 'many' as const,
    checked: status.includes(one),
  })),
  { id: 'limits near', label: say('nearLimit'), choice: 'many', checked: limits === 'near', apart: true },
];

/** Entries that list accounts by their own permissions. */
export const cappedItems = ({ say }: Texts): readonly MenuItem[] => [
  { id: 'capped restricted', label: say('cappedRestricted'), heading: say('menuPermissions'), apart: true },
  { id: 'capped unreviewed', label: say('cappedUnreviewed') },
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
  if (what === 'limits') return { limits: choice.limits === 'near' ? undefined : 'near' };
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
