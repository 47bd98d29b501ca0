import {
  ACTIVITY_FILTERS,
  type AccountStatus,
  CAPS_FILTERS,
  COUNT_FILTERS,
  LIMIT_FILTERS,
  TRANSFER_FILTERS,
} from '@tenantree/domain';
import { DEFAULT_STATUS, type Filters, type Order } from '../data/screen-view.ts';
import { SORT_KEYS, STATUSES } from '../data/view-keys.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import type { Strings } from '../strings/en.ts';
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

/** A filter that is one of few values, with what each is called; those of two are each other's opposite where it is said. */
type Choices = {
  readonly name: 'limits' | 'activity' | 'caps' | 'billing' | 'transfer' | 'members' | 'agents';
  readonly words: Readonly<Record<string, keyof Strings>>;
  readonly opposite: boolean;
};

export const CHOICES: readonly Choices[] = [
  { name: 'limits', words: { near: 'nearLimit', full: 'fullLimit' }, opposite: false },
  { name: 'activity', words: { inactive: 'inactive', active: 'active30' }, opposite: true },
  { name: 'caps', words: { restricted: 'cappedRestricted', unrestricted: 'notRestricted' }, opposite: true },
  { name: 'caps', words: { unreviewed: 'notReviewed', reviewed: 'reviewed' }, opposite: true },
  { name: 'billing', words: { parent: 'planParent', direct: 'independent' }, opposite: true },
  { name: 'transfer', words: { in_progress: 'viewTransfer', none: 'notInTransfer' }, opposite: true },
  { name: 'members', words: { none: 'noMembers', some: 'withMembers' }, opposite: true },
  { name: 'agents', words: { none: 'noAgents', some: 'withAgents' }, opposite: true },
];

/** One of these filters with a value, as it is typed; nothing where there is no such value. */
export function filterBy(name: string, value: string | undefined): Filters {
  const one = <T extends string>(values: readonly T[]): T | undefined => values.find((known) => known === value);
  switch (name) {
    case 'limits':
      return { limits: one(LIMIT_FILTERS) };
    case 'activity':
      return { activity: one(ACTIVITY_FILTERS) };
    case 'caps':
      return { caps: one(CAPS_FILTERS) };
    case 'billing':
      return { billing: one(['parent', 'direct']) };
    case 'transfer':
      return { transfer: one(TRANSFER_FILTERS) };
    case 'members':
      return { members: one(COUNT_FILTERS) };
    case 'agents':
      return { agents: one(COUNT_FILTERS) };
    default:
      return {};
  }
}

/** Entries for which accounts to show: by their own status, and by filters. */
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
  ...CHOICES.flatMap(({ name, words }) =>
    Object.entries(words).map(([value, label], k) => ({
      id: `${name} ${value}`,
      label: say(label),
      choice: 'many' as const,
      checked: filters[name] === value,
      apart: k === 0,
    })),
  ),
  { id: 'more', label: say('moreFilters'), apart: true },
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
  const choices = CHOICES.find(({ name }) => name === what);
  if (choices) {
    const isOff = filters[choices.name] === value;
    return {
      filters: isOff ? { ...filters, [choices.name]: undefined } : { ...filters, ...filterBy(choices.name, value) },
    };
  }
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
