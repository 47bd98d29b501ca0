import type { Tenantree } from '@tenantree/client';
import type { ViewsSource } from './account-source.ts';
import { call } from './call.ts';
import { filtersIn } from './view-keys.ts';

/** Views that a Tenantree server keeps. */
export const viewsFrom = ({ views }: Tenantree['trpc']): ViewsSource => ({
  list: async (account) =>
    (await call(views.list.query, { account })).views.map(({ id, name, audience, look }) => {
      const { sort, direction, status, density, columns, layout, ...filters } = look;
      const view = { ...filters, order: { sort, direction }, status, ...(columns && { columns }) };
      return { id, name, audience, density, view: layout === 'flat' ? { ...view, layout } : view };
    }),
  save: async (account, { id, name, audience, view, density }) => {
    const { order, status, columns } = view;
    const { layout = 'tree' as const, ...filters } = filtersIn(view);
    const shown = columns && { columns: [...columns] };
    const look = { ...filters, ...order, status: [...status], layout, density, ...shown };
    return (await call(views.save.mutate, { account, name, audience, look, ...(id !== null && { view: id }) })).id;
  },
  remove: async (account, view) => {
    await call(views.remove.mutate, { account, view });
  },
});
