import type { DensityDetail } from '@tenantree/widget';
import { recall, remember } from '../parts/remember.ts';

type Density = DensityDetail['density'];

const KEY = 'tenantree.density';

/** How high rows are on this device. */
export const readDensity = (): Density => (recall(KEY) === 'compact' ? 'compact' : 'comfortable');

/** Remembers it. */
export const noteDensity = (density: Density): void => remember(KEY, density);
