import { SubaccountManager as Element } from './entry.ts';
import type { SubaccountManagerElement } from './public.ts';

export type { AccountId, AccountRow } from '@tenantree/domain';
export type {
  ManagerFeature,
  ManagerView,
  SubaccountManagerElement,
  SubaccountManagerEventMap,
  SubaccountManagerEvents,
  TextKey,
} from './public.ts';

/** The class of `<subaccount-manager>`; importing the package registers it. On a server, where there are no elements, it is empty. */
export const SubaccountManager: { new (): SubaccountManagerElement; readonly prototype: SubaccountManagerElement } =
  Element;
