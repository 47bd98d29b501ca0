import type { PermissionKey } from '@tenantree/domain';
import { type AccountDetail, PRODUCT_ROWS } from '@tenantree/widget';
import type { ComponentType } from 'react';
import {
  ActivityIcon,
  BarsIcon,
  BoxIcon,
  JobsIcon,
  KeyIcon,
  LayersIcon,
  PeopleIcon,
  ReceiptIcon,
  ShareIcon,
  TreeIcon,
} from './icons.tsx';

/** A page of an account that one can turn to. */
export type Place = {
  /** Its address inside the account. */
  readonly path: string;
  readonly label: string;
  readonly icon: ComponentType;
  /** Any of these is needed to see something there. */
  readonly needs: readonly PermissionKey[];
  /** Keys that lead there, one after the other. */
  readonly keys: string;
};

/** Where one lands first comes first. */
export const PLACES: readonly Place[] = [
  { path: 'subaccounts', label: 'Subaccounts', icon: TreeIcon, needs: ['account.subaccounts'], keys: 'g s' },
  { path: 'products', label: 'Products', icon: BoxIcon, needs: PRODUCT_ROWS, keys: 'g p' },
  {
    path: 'blueprints',
    label: 'Blueprints',
    icon: LayersIcon,
    needs: ['account.subaccounts'],
    keys: 'g l',
  },
  { path: 'usage', label: 'Usage', icon: BarsIcon, needs: ['billing.usage'], keys: 'g u' },
  { path: 'billing', label: 'Billing', icon: ReceiptIcon, needs: ['billing'], keys: 'g b' },
  { path: 'rebilling', label: 'Rebilling', icon: ShareIcon, needs: ['billing'], keys: 'g r' },
  { path: 'members', label: 'Members', icon: PeopleIcon, needs: ['account.members'], keys: 'g m' },
  { path: 'work', label: 'Work', icon: JobsIcon, needs: ['account.subaccounts'], keys: 'g w' },
  { path: 'activity', label: 'Activity', icon: ActivityIcon, needs: ['account.settings'], keys: 'g v' },
  { path: 'developers/api-keys', label: 'API keys', icon: KeyIcon, needs: ['developers.apiKeys'], keys: 'g k' },
];

/** The pages that work for whoever has these levels. */
export const placesFor = (levels: AccountDetail['levels']): readonly Place[] =>
  PLACES.filter(({ needs }) => needs.some((row) => levels[row] !== 'none'));
