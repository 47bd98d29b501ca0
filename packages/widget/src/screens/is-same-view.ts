import type { ScreenView } from './screen-view.ts';
import { STATUSES } from './statuses.ts';

/** Whether two views show the same. */
export const isSameView = (a: ScreenView, b: ScreenView): boolean =>
  a.query === b.query &&
  a.order.sort === b.order.sort &&
  a.order.direction === b.order.direction &&
  STATUSES.every((one) => a.status.includes(one) === b.status.includes(one));
