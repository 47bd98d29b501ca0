import type { AccountRow } from '@tenantree/domain';
import type { Texts } from '../strings/texts.ts';

/** Why nothing can be created below an account; names its level to those who may know it. */
export const sayDeepest = ({ say }: Texts, { name, depth }: Pick<AccountRow, 'name' | 'depth'>): string =>
  depth === null ? say('createDeepest', { name }) : say('createDeepestAt', { name, n: depth });
